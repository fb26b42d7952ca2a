import { createDecoder } from "../../decode/decoder.ts";
import type { DraftingMethod } from "../../draft/drafter.ts";
import type { RankPath } from "../../format/settings/draft_settings.ts";
import type { Transformer } from "../../model/transformer.ts";
import { MAX_NODES } from "../../ops/limits.ts";
import { MAX_RANKS, type TopBuffers } from "../../ops/tree/top.ts";
import { greedyRequest } from "../runs/greedy.ts";

/**
 * Where the tokens that came stood among a drafter's candidates: for each drafting the rank of the token that
 * came at offset 1, 2, …; MAX_RANKS if none had it.
 */
export type Ranks = readonly (readonly number[])[];

/** The texts in which ranks are looked at. */
export interface RankTexts {
  /** Ids of their beginnings. */
  prompts: readonly (readonly number[])[];
  /** Tokens that each is continued by. */
  maxTokens: number;
  /** Hears how many texts of how many are done. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the work early, with an error. */
  signal?: AbortSignal | undefined;
}

/**
 * Decodes texts and looks at the candidates of every step. The host waits for each step, so nothing
 * can be timed by the way.
 *
 * @throws the reason of the signal if that is aborted.
 */
export async function collectRanks(
  model: Transformer,
  method: DraftingMethod,
  { prompts, maxTokens, onProgress, signal }: RankTexts,
): Promise<Ranks> {
  using decoder = createDecoder(model, { stepsPerSubmit: 1, ringDepth: 1 }, method);
  const { candidates: top } = decoder;
  if (!top) throw new TypeError(`${method.name} shows no candidates`);
  const ranks: number[][] = [];
  for (const [done, promptIds] of prompts.entries()) {
    onProgress?.(done, prompts.length);
    const request = greedyRequest(promptIds, maxTokens, signal);
    const drafts: { after: number; tokens: number[][] }[] = [];
    let count = 0;
    const stream = decoder.decode(request);
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) {
      count += step.value.length;
      drafts.push({ after: count, tokens: await readCandidates(model, top) });
    }
    signal?.throwIfAborted();
    const { ids } = step.value;
    for (const { after, tokens } of drafts) {
      if (after + tokens.length >= ids.length) continue; // The last token of a text is not drafted.
      ranks.push(tokens.map((candidates, i) => {
        const rank = candidates.indexOf(ids[after + i]);
        return rank < 0 ? MAX_RANKS : rank;
      }));
    }
  }
  return ranks;
}

/**
 * The rank paths that were right most often, parents before children: the best static tree of `nodes`
 * nodes for these ranks.
 */
export function bestPaths(ranks: Ranks, nodes: number): RankPath[] {
  const counts = new Map<string, number>();
  for (const path of ranks) {
    for (let depth = 1; depth <= path.length && path[depth - 1] < MAX_RANKS; depth++) {
      const name = path.slice(0, depth).join(",");
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  // A path is never more frequent than its prefix; equals in order of depth keep parents first.
  return [...counts].map(([name, count]) => ({ path: name.split(",").map(Number), count }))
    .sort((a, b) => b.count - a.count || a.path.length - b.path.length)
    .slice(0, Math.min(nodes, MAX_NODES) - 1)
    .map(({ path }) => path);
}

/** Nodes of a tree whose candidates fixed shapes of any size can be made of. */
export const SHAPING_NODES = 16;

/** Tokens of the texts that fixed shapes are made for; the host waits for each step of them. */
const SHAPING_TOKENS = 48;

/**
 * Rank paths of the best static tree of each size for what a method drafts on the prompts, with a tree
 * of {@link SHAPING_NODES} nodes while it is watched.
 */
export async function bestTrees(
  model: Transformer,
  method: DraftingMethod,
  texts: Omit<RankTexts, "maxTokens">,
  sizes: readonly number[],
): Promise<RankPath[][]> {
  const ranks = await collectRanks(model, method, { ...texts, maxTokens: SHAPING_TOKENS });
  return sizes.map((nodes) => bestPaths(ranks, nodes));
}

/** Candidates of each row, the most probable first. */
export async function readCandidates({ gpu }: Transformer, top: TopBuffers): Promise<number[][]> {
  const words = await gpu.read(top.candidates);
  const [values, tokens] = [new Float32Array(words), new Uint32Array(words)];
  const perRow = top.chunks * top.ranks;
  return Array.from({ length: top.rows }, (_, row) => {
    const all = Array.from({ length: perRow }, (_, i) => 2 * (row * perRow + i));
    return all.sort((a, b) => values[b] - values[a] || tokens[a + 1] - tokens[b + 1])
      .slice(0, top.ranks)
      .map((at) => tokens[at + 1]);
  });
}
