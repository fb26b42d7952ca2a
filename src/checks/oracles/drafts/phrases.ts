/** What is said most often after last tokens: contexts of 0 to 3 tokens, and lists of what comes next. */

import { type Draft, rankAfterParent } from "./children.ts";
import { RecycledChoices } from "./recycled.ts";
import { randomIntegers, randomNormals } from "../numbers/random.ts";

/** Next tokens in descending order of probability, by the tokens of their context joined by blanks. */
export type Phrases = ReadonlyMap<string, readonly Draft[]>;

/** The longest context that is there and that the tokens end with. */
export function longestContext(phrases: Phrases, tokens: readonly number[]): string {
  for (const length of [3, 2, 1]) {
    const context = tokens.slice(-length).join(" ");
    if (tokens.length >= length && phrases.has(context)) return context;
  }
  return "";
}

/** Shares of choices that are recycled, by the number of last tokens that they came after. */
const SHARES = { 1: 0.25, 2: 0.4 };

/**
 * What phrases say may come after a text, mixed with what was chosen after its last tokens before. Of a text
 * whose tokens are drawn, the noise that each token will have is known: what a list's tokens have of the
 * probability in all stays as it is.
 */
export function draftsAfter(
  phrases: Phrases,
  text: readonly number[],
  { recycled, drawn }: {
    recycled?: RecycledChoices;
    drawn?: { temperature: number; noiseOf: (token: number) => number } | undefined;
  } = {},
): readonly Draft[] {
  const said = phrases.get(longestContext(phrases, text))!;
  const before = text.at(-2) ?? RecycledChoices.NONE;
  const drafts = mixChoice(said, recycled?.after(before, text[text.length - 1]) ?? null);
  if (!drawn || drafts.length === 0) return drafts;
  const { temperature, noiseOf } = drawn;
  return rankAfterParent(
    drafts,
    drafts.map(({ token }) => temperature * noiseOf(token)),
  );
}

/**
 * Drafts, the most probable first, where a choice that was made after the same tokens before has a share s:
 * p becomes (1 − s) p, and the choice's s more.
 */
export function mixChoice(
  drafts: readonly Draft[],
  choice: ReturnType<RecycledChoices["after"]>,
): readonly Draft[] {
  if (choice === null) return drafts;
  const share = SHARES[choice.sharedTokens];
  const probabilities = new Map(
    drafts.map(({ token, logProbability }) => [token, (1 - share) * Math.exp(logProbability)]),
  );
  probabilities.set(choice.token, (probabilities.get(choice.token) ?? 0) + share);
  return [...probabilities]
    .map(([token, probability]) => ({ token, logProbability: Math.log(probability) }))
    .sort((a, b) => b.logProbability - a.logProbability);
}

/**
 * Phrases of a vocabulary: all contexts of one token, and random longer ones, each with its suffixes, that
 * lists lead to. Some lists have fewer than `width` tokens.
 */
export function randomPhrases(
  { vocabularySize, width, seed }: { vocabularySize: number; width: number; seed: number },
): Map<string, Draft[]> {
  const phrases = new Map<string, Draft[]>();
  const add = (...context: number[]) => {
    const key = context.join(" ");
    if (!phrases.has(key)) {
      phrases.set(key, randomList(vocabularySize, width, 4096 * seed + phrases.size));
    }
    return phrases.get(key)!;
  };
  add();
  for (let token = 0; token < vocabularySize; token++) add(token);
  const numbers = randomIntegers(3 * vocabularySize, seed, vocabularySize);
  for (let i = 0; i < numbers.length; i += 3) {
    const pick = (next: Draft[], number: number) => next[number % next.length].token;
    const oldest = numbers[i];
    const before = pick(add(oldest), numbers[i + 1]);
    const newest = pick(add(oldest, before), numbers[i + 2]);
    add(before, newest);
    add(oldest, before, newest);
  }
  return phrases;
}

function randomList(vocabularySize: number, width: number, seed: number): Draft[] {
  const [count, ...tokens] = randomIntegers(1 + width, seed, vocabularySize);
  const kinds = [...new Set(tokens)].slice(0, 1 + count % width);
  const probabilities = [...randomNormals(kinds.length, seed)].map((one) =>
    Math.fround(-0.2 - Math.abs(one))
  );
  probabilities.sort((a, b) => b - a);
  return kinds.map((token, i) => ({ token, logProbability: probabilities[i] }));
}
