/** The flags that say whether a model thinks before it answers. */

import type { TextModel } from "../../engine/text/generate_text.ts";
import { UsageError } from "../errors.ts";
import { type FlagValues, toggle } from "./flags.ts";

/** Whether the model is to think; where neither is given, its template decides. */
export const THINKING_FLAGS = {
  think: toggle({ help: "let the model think before it answers, if its chat template can say so" }),
  "no-think": toggle({ help: "let it answer at once, as above (default what the template does)" }),
};

/**
 * What the flags say; undefined if nothing.
 *
 * @throws UsageError if both are given.
 */
export function thinkingOf(flags: FlagValues<typeof THINKING_FLAGS>): boolean | undefined {
  if (flags.think && flags["no-think"]) {
    throw new UsageError("--think and --no-think cannot be given together");
  }
  return flags.think ? true : flags["no-think"] ? false : undefined;
}

/** The line about a wish that the model cannot be told; null if it can, or if there is none. */
export function thinkingObstacle(
  { name, template }: Pick<TextModel, "name" | "template">,
  think: boolean | undefined,
): string | null {
  if (think === undefined || template?.switchesThinking) return null;
  const flag = think ? "--think" : "--no-think";
  return `${flag} has no effect: the chat template of ${name} has no switch for thinking`;
}
