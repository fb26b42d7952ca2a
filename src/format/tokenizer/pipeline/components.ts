/** Components of tokenizer.json as they stand in the file, their shape checked. */

import { Pattern } from "../../regex/pattern.ts";
import { type Finder, occurrencesOf } from "./pieces.ts";

/** A component of the pipeline: an object with a type. */
export type Component = Readonly<Record<string, unknown>>;

/** The components of a sequence. */
export function componentsOf(component: Component, key: string): Component[] {
  return (component[key] ?? []) as Component[];
}

/** What a component with a pattern looks for; throws an Error when the pattern is none. */
export function finderOf({ pattern }: Component): Finder {
  const { String: sought, Regex: source } = pattern as { String?: string; Regex?: string };
  if (sought !== undefined) return occurrencesOf(sought);
  const compiled = new Pattern(source!);
  return (text) => compiled.spans(text);
}
