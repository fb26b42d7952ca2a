import { createDecoder } from "../decode/decoder.ts";
import type { DraftingMethod } from "../draft/drafter.ts";
import { hiddenTransfer, type TransferMaps } from "../draft/hidden_transfer.ts";
import { placesOf, type RankPath } from "../draft/tree_shape.ts";
import type { Transformer } from "../model/transformer.ts";
import { bestTrees, SHAPING_NODES } from "./acceptance.ts";
import { type PairFigures, racePair } from "./compare/pair.ts";
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

/** What a choice was measured to do beside plain decoding. */
export type Trial = TreeChoice & Omit<PairFigures, "referenceMillisecondsPerToken">;

/** What is tried, and on what. */
export interface TuneOptions {
  /** Prompts that are timed. */
  prompts: readonly (readonly number[])[];
  /** Prompts that fixed shapes are made for: none of those timed, which would flatter such trees. */
  statisticsPrompts: readonly (readonly number[])[];
  /** Tokens that each prompt is continued by. */
  maxTokens: number;
  /** Sizes of trees to try. */
  nodes: readonly number[];
  /** Hears how many decodings of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

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
  { prompts, statisticsPrompts, maxTokens, nodes: sizes, onProgress }: TuneOptions,
): Promise<Trial[]> {
  const trees = sizes.filter((nodes) => nodes > 1);
  const watched = hiddenTransfer(maps, { nodes: SHAPING_NODES });
  const shapes = await bestTrees(model, watched, statisticsPrompts, trees);
  const choices: TreeChoice[] = trees.flatMap((nodes, i) => [
    { nodes, paths: null, carry: 0 },
    ...(maps.token ? [] : [{ nodes, paths: null, carry: nodes }]),
    { nodes, paths: shapes[i], carry: 0 },
  ]);
  using plain = createDecoder(model);
  const plainTimes: number[] = [];
  const trials: Trial[] = [];
  for (const choice of choices) {
    using decoder = createDecoder(model, {}, methodOf(maps, choice));
    const { referenceMillisecondsPerToken, ...figures } = await racePair(
      { name: "plain decoding", decoder: plain },
      { name: `a tree of ${describeTree(choice)}`, decoder },
      prompts,
      {
        maxTokens,
        onProgress: (done, total) =>
          onProgress?.(trials.length * total + done, choices.length * total),
      },
    );
    plainTimes.push(referenceMillisecondsPerToken);
    trials.push({ ...choice, ...figures });
  }
  const plainTime = median(plainTimes);
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
  return hiddenTransfer(maps, { nodes, shape: paths ? placesOf(paths) : undefined, carry });
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
