import { createDecoder } from "../../decode/decoder.ts";
import type { DraftingMethod } from "../../draft/drafter.ts";
import { COMBINED, combined } from "../../draft/hidden_transfer/combined.ts";
import {
  HIDDEN_TRANSFER,
  hiddenTransfer,
  takesInPassNodes,
} from "../../draft/hidden_transfer/hidden_transfer.ts";
import type { TransferMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import { PLAIN } from "../../draft/registry.ts";
import type { DraftSettings } from "../../format/draft_settings.ts";
import type { Transformer } from "../../model/transformer.ts";
import { bestTrees, SHAPING_NODES } from "./draft_ranks.ts";
import { type PairFigures, racePair } from "../runs/pair.ts";
import { table } from "../report/table.ts";
import { median } from "../timing/statistics.ts";

/** What settings were measured to do beside plain decoding. */
export type Trial = DraftSettings & Omit<PairFigures, "referenceMillisecondsPerToken">;

/** What is tried, and on what. */
export interface TuneOptions {
  /** Prompts that are timed. */
  prompts: readonly (readonly number[])[];
  /** Prompts that fixed shapes are made for: none of those timed, which would flatter such trees. */
  statisticsPrompts: readonly (readonly number[])[];
  /** Tokens that each prompt is continued by. */
  maxTokens: number;
  /** Whether trees in which a lookup takes part are tried too. */
  isCombinedTried: boolean;
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
  options: TuneOptions,
): Promise<Trial[]> {
  const { prompts, maxTokens, onProgress } = options;
  const choices = await choicesFor(model, maps, options);
  using plain = createDecoder(model);
  const plainTimes: number[] = [];
  const trials: Trial[] = [];
  for (const choice of choices) {
    using decoder = createDecoder(model, {}, methodOf(maps, choice));
    const { referenceMillisecondsPerToken, ...figures } = await racePair(
      { name: "plain decoding", decoder: plain },
      { name: describeTree(choice), decoder },
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
    method: PLAIN.name,
    nodes: 1,
    tokensPerForward: 1,
    millisecondsPerForward: plainTime,
    millisecondsPerToken: plainTime,
    speedUp: 1,
  }, ...trials];
}

/** By size: trees of both methods, and a shape of hidden transfer's that is the same in each step. */
async function choicesFor(
  model: Transformer,
  maps: TransferMaps,
  { statisticsPrompts, nodes: sizes, isCombinedTried }: TuneOptions,
): Promise<DraftSettings[]> {
  const trees = sizes.filter((nodes) => nodes > 1);
  const watched = hiddenTransfer(maps, { nodes: SHAPING_NODES });
  const shapes = await bestTrees(model, watched, statisticsPrompts, trees);
  const methods = [HIDDEN_TRANSFER, ...(isCombinedTried ? [COMBINED] : [])];
  return trees.flatMap((nodes, i) => {
    const inPass = takesInPassNodes(maps) ? [0, nodes] : [0];
    return [
      ...methods.flatMap(({ name: method }) =>
        inPass.map((inPassNodes) => ({ method, nodes, inPassNodes }))
      ),
      { method: HIDDEN_TRANSFER.name, nodes, paths: shapes[i] },
    ];
  });
}

/** The trial to use from now on. */
export function fastest(trials: readonly Trial[]): Trial {
  return trials.reduce((best, trial) => trial.speedUp > best.speedUp ? trial : best);
}

/** Drafting as the settings have it, which is not plain decoding. */
export function methodOf(maps: TransferMaps, settings: DraftSettings): DraftingMethod {
  const { method, ...tree } = settings;
  return method === COMBINED.name ? combined(maps, tree) : hiddenTransfer(maps, tree);
}

/** The trials as a table for people. */
export function trialTable(trials: readonly Trial[]): string {
  const rows = [[
    "drafting",
    "tokens per pass",
    "ms per pass",
    "ms per token",
    "× plain",
  ]];
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

/** `combined, 8 nodes, most probable paths` */
export function describeTree({ method, nodes, paths, inPassNodes = 0 }: DraftSettings): string {
  if (nodes === 1) return "plain decoding";
  const kind = paths ? "fixed shape" : "most probable paths";
  return `${method}, ${nodes} nodes, ${kind}` + (inPassNodes > 0 ? `, ${inPassNodes} carry` : "");
}
