/** The part of `@std/text` that this project uses, as published in npm's `deno-std`. */

/** The candidate nearest to the word. */
export function closestString(word: string, candidates: readonly string[]): string;
/** Number of single-character edits between two strings. */
export function levenshteinDistance(a: string, b: string): number;
