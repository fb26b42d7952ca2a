import type { ModelFolder } from "./model_folder.ts";

/**
 * What to tell whoever opens a model for longer texts than those that it was trained on first, if that
 * changes what it makes of shorter ones.
 */
export function longContextLine(
  { name, config: { contextLength, longestContext } }: Pick<ModelFolder, "name" | "config">,
  asked: number = 0,
): string | undefined {
  if (longestContext === undefined || asked <= contextLength) return undefined;
  return `${name}: in a context of more than ${contextLength} tokens its rotations are those for long ` +
    "texts, from the first token on; shorter texts come out otherwise than without --context-length";
}
