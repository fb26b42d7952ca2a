/** The name of a model as the word after a command. */

import { type ModelName, parseModelName } from "../../hub/model_name.ts";
import { UsageError } from "../errors.ts";

/**
 * Reads it.
 *
 * @param next what helps to find the name.
 * @throws UsageError if there is none, or it is no name.
 */
export function readModelArgument(
  command: string,
  word: string | undefined,
  next: string,
): ModelName {
  if (word === undefined) throw new UsageError(`${command} needs the name of a model: ${next}`);
  const name = parseModelName(word);
  if (name !== null) return name;
  throw new UsageError(
    `${JSON.stringify(word)} is not the name of a model, which is ORG/NAME: ${next}`,
  );
}
