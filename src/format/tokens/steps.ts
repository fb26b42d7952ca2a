/** Steps of tokenizer.json as they stand in the file, their shape checked. */

import { Pattern } from "../regex/pattern.ts";
import { type Finder, occurrencesOf } from "./pieces.ts";

/** A step: an object with a type. */
export type Step = Readonly<Record<string, unknown>>;

/** The steps of a sequence. */
export function stepsOf(step: Step, key: string): Step[] {
  return (step[key] ?? []) as Step[];
}

/** What a step with a pattern looks for; throws an Error when the pattern is none. */
export function finderOf({ pattern }: Step): Finder {
  const { String: sought, Regex: source } = pattern as { String?: string; Regex?: string };
  if (sought !== undefined) return occurrencesOf(sought);
  const compiled = new Pattern(source!);
  return (text) => compiled.spans(text);
}
