/** What trees of phrases are worth in texts that were not counted. */

import { findContext, NO_TOKEN, type PhraseLists } from "../../format/trained/phrases.ts";
import { HostTurns } from "../../gpu/queues/turn.ts";
import type { Work } from "../work.ts";
import type { CountedText } from "./corpus.ts";

/** Nodes of the trees that are measured, their roots included. */
export const GAIN_NODES = [2, 4, 8, 16, 32, 64] as const;

/** Drafts after each other, at most. */
const DEPTH = 8;

/** Steps with so few tokens after their root might be cut short by the end of the text, and tell nothing. */
export const CUT_SHORT = DEPTH + 1;

/** Tokens that are measured on: the texts that they end in are the last. */
const MEASURED_TOKENS = 2 ** 16;

/** Tokens per step with trees of so many nodes. */
export type PhraseGains = Record<typeof GAIN_NODES[number], number>;

/**
 * Tokens per step with trees of 2 … 64 nodes, made of the most probable paths: the drafts that come in the texts, and
 * the token after them, which the model itself chooses.
 *
 * @returns null if the texts are too short to tell.
 * @throws the signal's reason if it is aborted.
 */
export async function phraseGains(
  lists: PhraseLists,
  texts: readonly CountedText[],
  { signal, onProgress }: Work = {},
): Promise<PhraseGains | null> {
  const turns = new HostTurns();
  const measured = beginningsOf(texts);
  const [tokens, steps] = [GAIN_NODES.map(() => 0), GAIN_NODES.map(() => 0)];
  for (const [number, { ids, begin }] of measured.entries()) {
    /** Where the next tree has its root, for each size. */
    const roots = GAIN_NODES.map(() => begin);
    for (let root = begin; root + CUT_SHORT < ids.length; root++) {
      if (!roots.includes(root)) continue;
      const orders = rightDrafts(lists, ids, root);
      for (const [i, nodes] of GAIN_NODES.entries()) {
        if (roots[i] !== root) continue;
        const come = 1 + orders.filter((order) => order < nodes).length;
        roots[i] += come;
        tokens[i] += come;
        steps[i]++;
      }
    }
    if (!await turns.whenDue()) continue;
    signal?.throwIfAborted();
    onProgress?.("measuring phrases", number + 1, measured.length);
  }
  if (steps[0] === 0) return null;
  const gains = GAIN_NODES.map((nodes, i) => [nodes, tokens[i] / steps[i]]);
  return Object.fromEntries(gains) as PhraseGains;
}

/** The first texts, up to the measured tokens. */
function beginningsOf(texts: readonly CountedText[]): CountedText[] {
  let left = MEASURED_TOKENS;
  return texts.flatMap(({ ids, begin }) => {
    if (left <= 0) return [];
    const end = Math.min(ids.length, begin + left);
    left -= Math.max(0, end - begin);
    return [{ ids: ids.subarray(0, end), begin }];
  });
}

/** A draft that is not in the tree yet. */
interface OpenDraft {
  /** Logarithm of the probability of its path. */
  readonly value: number;
  /** The last tokens up to it. */
  readonly last: LastTokens;
  readonly depth: number;
  /** Whether its path is what comes in the text. */
  readonly isRight: boolean;
}

/** Oldest first. */
type LastTokens = readonly [oldest: number, middle: number, newest: number];

/**
 * Numbers of the drafts that come in the text after its token `root`, ascending, if a tree takes the most probable
 * draft next, again and again. The root has number 0.
 */
function rightDrafts({ width, ...lists }: PhraseLists, ids: Uint32Array, root: number): number[] {
  const orders: number[] = [];
  const open: OpenDraft[] = [];
  const place = (back: number) => root < back ? NO_TOKEN : ids[root - back];
  let node: OpenDraft | undefined = {
    value: 0,
    last: [place(2), place(1), place(0)],
    depth: 0,
    isRight: true,
  };
  for (let order = 1; order < GAIN_NODES.at(-1)! && node; order++) {
    const { value, last, depth, isRight } = node;
    const first = width * (depth < DEPTH ? listAfter(lists.contexts, last) : lists.lists);
    for (let i = first; i < first + width && i < lists.tokens.length; i++) {
      const token = lists.tokens[i];
      if (token === NO_TOKEN) break;
      open.push({
        value: value + lists.logProbabilities[i],
        last: [last[1], last[2], token],
        depth: depth + 1,
        isRight: isRight && ids[root + depth + 1] === token,
      });
    }
    // Nothing that is still to come depends on the rest of the tree.
    if (!open.some((draft) => draft.isRight)) break;
    node = takeBest(open);
    if (node?.isRight) orders.push(order);
  }
  return orders;
}

/** Takes the most probable draft out, the first of equal ones. */
function takeBest(open: OpenDraft[]): OpenDraft | undefined {
  let best = 0;
  for (const [i, { value }] of open.entries()) if (value > open[best].value) best = i;
  return open.splice(best, 1)[0];
}

/** The list of the longest context that the last tokens end in. */
function listAfter(contexts: Uint32Array, [oldest, middle, newest]: LastTokens): number {
  const three = oldest === NO_TOKEN ? -1 : findContext(contexts, oldest, middle, newest);
  if (three >= 0) return three;
  const two = middle === NO_TOKEN ? -1 : findContext(contexts, NO_TOKEN, middle, newest);
  return two >= 0 ? two : Math.max(0, findContext(contexts, NO_TOKEN, NO_TOKEN, newest));
}
