/** `foretoken models` and `foretoken rm`, as the table of commands has them. */

import { type Command, command } from "../command.ts";
import { MODELS_FLAGS, REMOVE_FLAGS } from "./flags.ts";

/** The command that lists models. */
export const MODELS_COMMAND: Command = command({
  name: "models",
  summary: "list the models that were fetched",
  details:
    "The cache is shared with other tools of the hub, so models of theirs are listed too, with " +
    "why they cannot be run here where that is so.",
  flags: MODELS_FLAGS,
  examples: [{ line: "foretoken models", does: "list the models on this machine" }],
}, async () => (await import("./models.ts")).runModels);

/** The command that removes one. */
export const REMOVE_COMMAND: Command = command({
  name: "rm",
  argument: "ORG/NAME",
  summary: "remove a model that was fetched",
  details:
    "Removes it with all its revisions from the cache that is shared with other tools of the hub.",
  flags: REMOVE_FLAGS,
  examples: [
    { line: "foretoken rm HuggingFaceTB/SmolLM2-135M-Instruct", does: "remove a model" },
  ],
}, async () => (await import("./remove.ts")).runRemove);
