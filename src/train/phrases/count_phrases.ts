/** From texts to lists of the tokens that come most often after the last ones. */

import { PHRASE_CONTEXT, type PhraseLists } from "../../format/trained/phrases.ts";
import { HostTurns } from "../../gpu/turn.ts";
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
  entryAt: Uint32Array;
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
  const found: Candidates[] = [];
  let level: Level = { contextAt: new Uint32Array(length), examples: Uint32Array.of(0) };
  let shorter: Shorter | undefined;
  const turns = new HostTurns();
  for (let tokens = 0; tokens <= PHRASE_CONTEXT; tokens++) {
    const inChunks = async (run: (from: number, to: number) => void) => {
      for (let from = 0; from < length; from += CHUNK) {
        run(from, Math.min(from + CHUNK, length));
        if (!await turns.whenDue()) continue;
        work.signal?.throwIfAborted();
        work.onProgress?.(
          "counting phrases",
          tokens * length + from,
          (PHRASE_CONTEXT + 1) * length,
        );
      }
    };
    const { contextAt, examples } = level;
    const counts = new TokenCounts(examples.length, length);
    const entryAt = new Uint32Array(length).fill(NONE);
    await inChunks((from, to) => countTokens(corpus, contextAt, { counts, entryAt, from, to }));
    const probabilities = interpolated(counts, corpus, entryAt, shorter);
    const suffixes = examples.map((place) => shorter ? shorter.contextAt[place] : NONE);
    const best = bestTokens(counts, probabilities, { width, suffixes, shorter: shorter?.best });
    found.push({ length: tokens, examples, uses: counts.uses, best });
    shorter = { contextAt, entryAt, probabilities, best };
    level = longer(corpus, counts, entryAt, tokens + 1);
  }
  return chooseLists(corpus.ids, found, { width, lists, leastUses: LEAST_USES });
}

/** Counts the tokens from one place to another after their contexts of one length. */
function countTokens(
  { ids, isCounted }: Corpus,
  contextAt: Uint32Array,
  { counts, entryAt, from, to }: {
    counts: TokenCounts;
    entryAt: Uint32Array;
    from: number;
    to: number;
  },
): void {
  for (let i = from; i < to; i++) {
    if (contextAt[i] === NONE) continue;
    const entry = counts.findOrAdd(contextAt[i], ids[i]);
    entryAt[i] = entry;
    if (isCounted[i]) counts.count(entry);
  }
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

/** The contexts of `tokens` tokens: those of one less, each with the token after it, that come twice or more. */
function longer(
  { ids, room }: Corpus,
  { entries }: TokenCounts,
  entryAt: Uint32Array,
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
