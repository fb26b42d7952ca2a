/** From texts to lists of the tokens that come most often after the last ones. */

import { PHRASE_CONTEXT, type PhraseLists } from "../../format/trained/phrases.ts";
import { HostTurns } from "../../gpu/queues/turn.ts";
import type { Work } from "../work.ts";
import { bestTokens, type Lists } from "./best_tokens.ts";
import { type Candidates, chooseLists } from "./choose_lists.ts";
import { type Corpus, type CountedText, joinTexts } from "./corpus.ts";
import { NONE, TokenCounts } from "./token_counts.ts";

/** How often a context has to be used to have a list of its own. */
const LEAST_USES = 2;

/** Tokens that are counted before others have a turn. */
const CHUNK = 2 ** 15;

/** The contexts of one length. */
interface Level {
  /** Context before each token of the corpus; `NONE` where there is no room, or it comes only once. */
  readonly contextAt: Uint32Array<ArrayBuffer>;
  /** Where each context came first: the place of the token after it. */
  readonly examples: Uint32Array<ArrayBuffer>;
}

/** What is known of the contexts that are one token shorter. */
interface Shorter {
  contextAt: Uint32Array;
  /** Entry of each token of the corpus; `NONE` where it has no context. */
  entryAt: Uint32Array;
  /** Number of entries. */
  entries: number;
  /** Of each entry. */
  probabilities: Float64Array;
  best: Lists;
}

/**
 * Counts the tokens of the texts after each context of 0 to 3 tokens that comes twice or more, and keeps the `lists`
 * that are used most, with the `width` most probable tokens of each.
 *
 * The probabilities are interpolated from the empty context to the longest one: p(t | context) = λ · count / uses +
 * (1 − λ) · p(t | context without its oldest token), with λ = uses / (uses + kinds), kinds being the number of
 * different tokens that came (method C of Witten and Bell, "The zero-frequency problem", 1991, as interpolated in
 * Chen and Goodman, "An empirical study of smoothing techniques for language modeling", 1999).
 *
 * @throws the signal's reason if it is aborted.
 */
export async function countPhrases(
  texts: readonly CountedText[],
  { width, lists }: { width: number; lists: number },
  work: Work = {},
): Promise<PhraseLists> {
  const corpus = joinTexts(texts);
  const { length } = corpus.ids;
  const turns = new HostTurns();
  const found: Candidates[] = [];
  let shorter: Shorter | undefined;
  for (let tokens = 0; tokens <= PHRASE_CONTEXT; tokens++) {
    const level = shorter ? longer(corpus, shorter, tokens) : emptyContext(length);
    const { contextAt, examples } = level;
    const { counts, entryAt } = await countTokens(corpus, level, async (place) => {
      if (!await turns.whenDue()) return;
      work.signal?.throwIfAborted();
      const total = (PHRASE_CONTEXT + 1) * length;
      work.onProgress?.("counting phrases", tokens * length + place, total);
    });
    const probabilities = interpolated(counts, corpus, entryAt, shorter);
    const suffixes = examples.map((place) => shorter ? shorter.contextAt[place] : NONE);
    const best = bestTokens(counts, probabilities, { width, suffixes, shorter: shorter?.best });
    found.push({ length: tokens, examples, uses: counts.uses, best });
    shorter = { contextAt, entries: counts.entries, entryAt, probabilities, best };
  }
  return chooseLists(corpus.ids, found, { width, lists, leastUses: LEAST_USES });
}

/** Counts the tokens after their contexts of one length; `pause` hears where it is. */
async function countTokens(
  { ids, isCounted }: Corpus,
  { contextAt, examples }: Level,
  pause: (place: number) => Promise<void>,
): Promise<{ counts: TokenCounts; entryAt: Uint32Array }> {
  const counts = new TokenCounts(examples.length, ids.length);
  const entryAt = new Uint32Array(ids.length).fill(NONE);
  for (let i = 0; i < ids.length; i++) {
    if (i % CHUNK === 0) await pause(i);
    if (contextAt[i] === NONE) continue;
    entryAt[i] = counts.findOrAdd(contextAt[i], ids[i]);
    if (isCounted[i]) counts.count(entryAt[i]);
  }
  return { counts, entryAt };
}

/** Probability of each entry that was counted. */
function interpolated(
  { entries, contexts, counts, uses, kinds }: TokenCounts,
  { isCounted }: Corpus,
  entryAt: Uint32Array,
  shorter: Shorter | undefined,
): Float64Array {
  const probabilities = new Float64Array(entries);
  for (const [i, entry] of entryAt.entries()) {
    if (entry === NONE || !isCounted[i] || probabilities[entry] > 0) continue;
    const context = contexts[entry];
    const own = counts[entry] / uses[context];
    if (!shorter) {
      probabilities[entry] = own;
      continue;
    }
    const weight = uses[context] / (uses[context] + kinds[context]);
    const other = shorter.probabilities[shorter.entryAt[i]];
    probabilities[entry] = weight * own + (1 - weight) * other;
  }
  return probabilities;
}

/** The context of no token, which is before every token of the corpus. */
function emptyContext(length: number): Level {
  return { contextAt: new Uint32Array(length), examples: Uint32Array.of(0) };
}

/** The contexts of `tokens` tokens: those of one less, each with the token after it, that come twice or more. */
function longer(
  { ids, room }: Corpus,
  { entries, entryAt }: Shorter,
  tokens: number,
): Level {
  const occurrences = new Uint32Array(entries);
  for (let i = 1; i < ids.length; i++) {
    if (room[i] >= tokens && entryAt[i - 1] !== NONE) occurrences[entryAt[i - 1]]++;
  }
  const contextOf = new Uint32Array(entries).fill(NONE);
  const contextAt = new Uint32Array(ids.length).fill(NONE);
  const examples: number[] = [];
  for (let i = 1; i < ids.length; i++) {
    const entry = entryAt[i - 1];
    if (room[i] < tokens || entry === NONE || occurrences[entry] < LEAST_USES) continue;
    if (contextOf[entry] === NONE) contextOf[entry] = examples.push(i) - 1;
    contextAt[i] = contextOf[entry];
  }
  return { contextAt, examples: Uint32Array.from(examples) };
}
