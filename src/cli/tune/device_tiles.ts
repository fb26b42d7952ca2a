/** The first thing that `tune` looks for on a GPU: the fastest tiles of products. */

import { duration } from "../../bench/report/numbers.ts";
import { table } from "../../bench/report/table.ts";
import { tileText } from "../../bench/report/tile_text.ts";
import { type TileTrial, type TunedTiles, tuneTiles } from "../../bench/tuning/tiles.ts";
import { keepTiles, type KeptTiles, useKeptTiles } from "../../engine/device_tiles.ts";
import { reasonOf } from "../../engine/reason.ts";
import { count } from "../../engine/text/count.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { Transformer } from "../../model/transformer.ts";
import { StageProgress } from "../progress/stage_progress.ts";
import type { Output } from "../terminal/output.ts";
import { today } from "./outcome.ts";

/** Looks for the fastest tiles with a model, uses them from now on, and keeps them for all models. */
export async function tuneDeviceTiles(model: Transformer, output: Output): Promise<void> {
  const progress = new StageProgress(output);
  const found = await tuneTiles(model, progress).finally(() => progress[Symbol.dispose]());
  await useFound(model.gpu, found, output);
}

/** Uses the tiles, tells of them, and keeps them. */
export async function useFound(
  gpu: Gpu,
  { tiles, trials }: TunedTiles,
  output: Output,
): Promise<void> {
  useKeptTiles(gpu, tiles);
  await output.write(`${gpu.name}\n\n${trialsText(trials)}\n`);
  const milliseconds = (which: keyof TileTrial["seconds"]) =>
    1000 * trials.reduce((sum, { seconds }) => sum + seconds[which], 0);
  const measured = { tuned: milliseconds("chosen"), plain: milliseconds("table") };
  output.say(await keptText(gpu, { ...tiles, milliseconds: measured, date: today() }));
}

/** Keeps tiles and says where; or why that is not possible. */
async function keptText(gpu: Gpu, kept: KeptTiles): Promise<string> {
  const lost = "these tiles are used by this run alone";
  try {
    const path = await keepTiles(gpu, kept);
    return path === null ? `${lost}: you have no folder of your own` : `tiles are kept in ${path}`;
  } catch (error) {
    return `${lost}: ${reasonOf(error)}`;
  }
}

/** Which tile serves how many rows, and where it is not the table's, how much faster that is. */
function trialsText(trials: readonly TileTrial[]): string {
  const lines = trials.map(({ rows, isPrompt, table, chosen, seconds }) => [
    isPrompt ? "prompts" : count(rows, "row"),
    tileText(chosen),
    duration(seconds.chosen),
    chosen === table
      ? ""
      : `${(seconds.table / seconds.chosen).toFixed(2)} × as fast as ${tileText(table)}`,
  ]);
  return table([["passes of", "tile", "time", ""], ...lines]);
}
