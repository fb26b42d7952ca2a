/** Which tiles of products are the fastest on a GPU. */

import { compile } from "../../gpu/kernel.ts";
import { createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import type { BlockTile, BlockTiles } from "../../ops/layouts.ts";
import {
  BLOCK_TILES,
  blockTile,
  fits,
  TILE_ROWS,
  tilesOf,
} from "../../ops/products/block_tiles.ts";
import { useTiles } from "../../ops/profiles.ts";
import type { Work } from "../../train/work.ts";
import { byteLengthOf } from "../engine/weights.ts";
import { contextOf, passOfDrafts, passOfPrompt, type PreparedPass } from "../timing/passes.ts";
import { tileText } from "../report/tile_text.ts";
import { timeRounds } from "../timing/rounds.ts";
import { median } from "../timing/statistics.ts";

/** The tiles that were tried for passes of so many rows. */
export interface TileTrial {
  rows: number;
  /** Whether the rows are a prompt's: more than any tile has. */
  isPrompt: boolean;
  /** The tile of the table, and the one to use: the same, unless that is faster beyond the noise. */
  table: BlockTile;
  chosen: BlockTile;
  /** Median seconds of a pass by each of the two. */
  seconds: { table: number; chosen: number };
}

/** Which tiles to use, and how that was found. */
export interface TunedTiles {
  tiles: BlockTiles;
  trials: readonly TileTrial[];
}

/**
 * Times passes of the model with every tile that might be the fastest, in turns: for each number of rows that has
 * tiles, and for prompts. On a GPU most of the time goes into compiling: about a hundred kernels.
 *
 * The device has the table's tiles afterwards.
 *
 * @throws RangeError if its products are not made of such tiles.
 */
export async function tuneTiles(
  model: Transformer,
  { onProgress }: Pick<Work, "onProgress"> = {},
): Promise<TunedTiles> {
  const { gpu } = model;
  useTiles(gpu, null);
  const table = tilesOf(gpu);
  if (table === null) throw new RangeError(`products on ${gpu.name} have no tiles to choose from`);
  const trials: TileTrial[] = [];
  let tiles = table;
  try {
    const stages = STAGES.filter(({ rows, isPrompt }) => isPrompt || hasTiles(rows, gpu.limits));
    for (const [done, stage] of stages.entries()) {
      const hear = (part: number) =>
        onProgress?.("trying tiles of products", done + part, stages.length);
      hear(0);
      const trial = await tryTiles(model, stage, tiles, hear);
      trials.push(trial);
      if (trial.chosen !== trial.table) tiles = withTile(tiles, stage, trial.chosen);
    }
  } finally {
    useTiles(gpu, null);
  }
  return { tiles, trials };
}

/** What is timed after one another. */
type Stage = Pick<TileTrial, "rows" | "isPrompt">;

/** Rows of a prompt: of some tiles of any size. */
const PROMPT_ROWS = 256;

const STAGES: readonly Stage[] = [
  ...TILE_ROWS.map((rows) => ({ rows, isPrompt: false })),
  { rows: PROMPT_ROWS, isPrompt: true },
];

/** Whether some tile of so many rows fits the device. */
function hasTiles(rows: number, limits: GPUSupportedLimits): boolean {
  return BLOCK_TILES.some((tile) => tile.rows === rows && fits(tile, limits));
}

/** Sizes of tiles, the greatest that fit, that are tried for prompts; uniform ones are tried of all sizes. */
const SIZES_FOR_PROMPTS = 2;

/** The tiles with this one for the stage's rows; the same where many rows' own serves them. */
function withTile(all: BlockTiles, stage: Stage, tile: BlockTile): BlockTiles {
  if (stage.isPrompt) return { tiles: all.tiles, manyRowsTile: tile };
  if (tile.rows < stage.rows) return all;
  const others = all.tiles.filter(({ rows }) => rows !== tile.rows);
  return { ...all, tiles: [...others, tile].sort((a, b) => a.rows - b.rows) };
}

async function tryTiles(
  model: Transformer,
  stage: Stage,
  tiles: BlockTiles,
  onProgress: (part: number) => void,
): Promise<TileTrial> {
  const { gpu } = model;
  const rows = stage.isPrompt ? Math.min(stage.rows, 2 * contextOf(model)) : stage.rows;
  const table = blockTile(tiles, rows, gpu.limits);
  const candidates = [table, ...rivalsOf(table, stage, gpu.limits)];
  const cache = createCache(model, contextOf(model) + rows, "f16");
  const layers = layersToTime(model);
  const prepare = stage.isPrompt ? passOfPrompt : passOfDrafts;
  const passes: PreparedPass[] = [];
  for (const tile of candidates) {
    useTiles(gpu, withTile(tiles, stage, tile));
    passes.push(prepare(model, cache, rows, layers));
  }
  await compile(gpu, passes.flatMap(({ dispatches }) => dispatches), {
    onProgress: (done, total) => onProgress(done / total),
  });
  const timed = passes.map(({ dispatches }, i) => ({ label: `tile ${i}`, dispatches }));
  const rounds = await timeRounds(gpu, timed, { roundSeconds: 0.02 });
  for (const pass of passes) pass[Symbol.dispose]();
  freeCache(gpu, cache);
  const best = fasterThanFirst(rounds);
  const [first, chosen] = [rounds[0], rounds[best]].map(median);
  return {
    rows,
    isPrompt: stage.isPrompt,
    table,
    chosen: candidates[best],
    seconds: { table: first, chosen },
  };
}

/** The other tiles that might serve the stage's rows. */
function rivalsOf(table: BlockTile, stage: Stage, limits: GPUSupportedLimits): BlockTile[] {
  const sizes = stage.isPrompt
    ? TILE_ROWS.filter((rows) => hasTiles(rows, limits)).slice(-SIZES_FOR_PROMPTS)
    : [stage.rows];
  return BLOCK_TILES.filter((tile) =>
    (sizes.includes(tile.rows) || stage.isPrompt && tile.input === "uniform") &&
    fits(tile, limits) && !isSame(tile, table)
  );
}

function isSame(a: BlockTile, b: BlockTile): boolean {
  return tileText(a) === tileText(b);
}

/** Bytes of weights that no cache of a GPU has. */
const STREAMED_BYTES = 300e6;

/** As many of the model's layers as read so many bytes: what the rest would show is the same. */
function layersToTime(model: Transformer): number {
  const { layerCount } = model.config;
  const share = STREAMED_BYTES / byteLengthOf(new Set(model.matrices()));
  return Math.min(layerCount, Math.ceil(layerCount * share));
}

/** A tile that is faster by less than this share is not worth another than the table's. */
const MARGIN = 0.03;

/**
 * The index of the fastest of several things that were timed in turns, [things, rounds], if it is faster than the
 * first of them beyond the noise: by the margin in the median, and in more than two thirds of the rounds. Else 0.
 */
export function fasterThanFirst(rounds: readonly (readonly number[])[]): number {
  const medians = rounds.map(median);
  const best = medians.indexOf(Math.min(...medians));
  if (medians[best] > (1 - MARGIN) * medians[0]) return 0;
  const won = rounds[best].filter((seconds, i) => seconds < (1 - MARGIN) * rounds[0][i]).length;
  return won > 2 / 3 * rounds[best].length ? best : 0;
}
