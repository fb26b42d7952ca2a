/** Drafting methods as people name them. */

import { DRAFTING_METHODS } from "../../draft/registry.ts";
import { suggestion } from "../nearest.ts";

/** All names. */
export const METHOD_NAMES: readonly string[] = DRAFTING_METHODS.map(({ name }) => name);

/** Why a word is no method, with the nearest name or all of them; null if it is one. */
export function noMethod(word: string): string | null {
  if (METHOD_NAMES.includes(word)) return null;
  const hint = suggestion(word, METHOD_NAMES, `there are ${METHOD_NAMES.join(", ")}`);
  return `there is no drafting method ${JSON.stringify(word)}${hint}`;
}
