import { createDecoder } from "../decode/decoder.ts";
import type { DraftingMethod } from "../draft/drafter.ts";
import { hiddenTransfer, type TransferMaps } from "../draft/hidden_transfer.ts";
import { placesOf, type RankPath } from "../draft/tree_shape.ts";
import type { Transformer } from "../model/transformer.ts";
import { bestPaths, collectRanks } from "./acceptance.ts";
import { decodeAll, greedyRequest, requireSameIds } from "./decode_runs.ts";
import { table } from "./table.ts";
import { median } from "./timing.ts";

/** A way of drafting that could be used. */
export interface TreeChoice {
  /** Nodes of the tree, the root included; 1 is plain decoding. */
  nodes: number;
  /** Rank paths of a static tree; null for the most probable paths of each step. */
  paths: readonly RankPath[] | null;
  /** Nodes that carry pseudo rows in the verifying pass; 0 for a pass of their own. */
  carry: number;
}

/** What a choice was measured to do. */
export interface Trial extends TreeChoice {
  /** Mean over all texts. */
  tokensPerForward: number;
  /** Median over the texts. */
  millisecondsPerForward: number;
  /** Median over the texts. */
  millisecondsPerToken: number;
  /** Median over the texts of plain decoding's time by this one's, run after each other. */
  speedUp: number;
}

/** What is tried, and on what. */
export interface TuneOptions {
  prompts: readonly (readonly number[])[];
  /** Tokens that each prompt is continued by. */
  maxTokens: number;
  /** Sizes of trees to try. */
  nodes: readonly number[];
  /** Hears how many decodings of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

/** Tokens of the texts that acceptance is counted on; the host waits for each step of them. */
const STATISTICS_TOKENS = 48;

/** Candidates per offset that static trees are made of. */
const STATISTICS_NODES = 16;

/**
 * Decodes texts with every choice of tree and pseudo rows, each right after plain decoding of the same
 * text, so that a busy machine slows both. The trials come in the order in which they were run, plain
 * decoding first; the fastest is the one with the greatest speed-up.
 *
 * @throws Error if a choice gives other ids than plain decoding.
 */
export async function tryTrees(
  model: Transformer,
  maps: TransferMaps,
  options: TuneOptions,
): Promise<Trial[]> {
  const { prompts, maxTokens } = options;
  const watched = hiddenTransfer(maps, { nodes: STATISTICS_NODES });
  const statistics = await collectRanks(model, watched, prompts, STATISTICS_TOKENS);
  const choices: TreeChoice[] = options.nodes.filter((nodes) => nodes > 1).flatMap((nodes) => [
    { nodes, paths: null, carry: 0 },
    ...(maps.token ? [] : [{ nodes, paths: null, carry: nodes }]),
    { nodes, paths: bestPaths(statistics, nodes), carry: 0 },
  ]);
  const total = choices.length * prompts.length;
  using plain = createDecoder(model);
  const plainMilliseconds: number[] = [];
  const trials: Trial[] = [];
  let done = 0;
  for (const choice of choices) {
    using decoder = createDecoder(model, {}, methodOf(maps, choice));
    const runs: { seconds: number; plainSeconds: number; tokens: number; forwards: number }[] = [];
    for (const promptIds of [prompts[0], ...prompts]) {
      const request = greedyRequest(promptIds, maxTokens);
      const expected = await decodeAll(plain, request);
      const found = await decodeAll(decoder, request);
      requireSameIds(`a tree of ${choice.nodes} nodes`, found.ids, expected.ids);
      runs.push({
        seconds: found.decodeSeconds,
        plainSeconds: expected.decodeSeconds,
        tokens: found.ids.length,
        forwards: found.forwards,
      });
      options.onProgress?.(Math.min(++done, total), total);
    }
    done--; // The first run only warms up.
    const timed = runs.slice(1);
    const sum = (key: "tokens" | "forwards") => timed.reduce((all, run) => all + run[key], 0);
    const middle = (value: (run: (typeof runs)[number]) => number) => median(timed.map(value));
    plainMilliseconds.push(middle((run) => 1000 * run.plainSeconds / run.tokens));
    trials.push({
      ...choice,
      tokensPerForward: sum("tokens") / sum("forwards"),
      millisecondsPerForward: middle((run) => 1000 * run.seconds / run.forwards),
      millisecondsPerToken: middle((run) => 1000 * run.seconds / run.tokens),
      speedUp: middle((run) => run.plainSeconds / run.seconds),
    });
  }
  const plainTime = median(plainMilliseconds);
  return [{
    nodes: 1,
    paths: null,
    carry: 0,
    tokensPerForward: 1,
    millisecondsPerForward: plainTime,
    millisecondsPerToken: plainTime,
    speedUp: 1,
  }, ...trials];
}

/** The trial to use from now on. */
export function fastest(trials: readonly Trial[]): Trial {
  return trials.reduce((best, trial) => trial.speedUp > best.speedUp ? trial : best);
}

/** Hidden transfer as a choice has it, which is not plain decoding. */
export function methodOf(
  maps: TransferMaps,
  { nodes, paths, carry }: TreeChoice,
): DraftingMethod {
  if (!paths) return hiddenTransfer(maps, { nodes, carry });
  const ranks = Math.max(...paths.flat()) + 1;
  return hiddenTransfer(maps, { nodes, shape: placesOf(paths), ranks, carry });
}

/** The trials as a table for people. */
export function trialTable(trials: readonly Trial[]): string {
  const rows = [["tree", "tokens per forward", "ms per forward", "ms per token", "times plain"]];
  for (const trial of trials) {
    rows.push([
      describeTree(trial),
      trial.tokensPerForward.toFixed(2),
      trial.millisecondsPerForward.toFixed(2),
      trial.millisecondsPerToken.toFixed(2),
      trial.speedUp.toFixed(2),
    ]);
  }
  return table(rows);
}

/** `8 nodes, most probable paths` */
export function describeTree({ nodes, paths, carry }: TreeChoice): string {
  if (nodes === 1) return "plain decoding";
  const kind = paths ? "fixed shape" : "most probable paths";
  return `${nodes} nodes, ${kind}` + (carry > 0 ? `, ${carry} carry` : "");
}
