import { isRevision, type ModelName } from "../../hub/model_name.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { standardOutput } from "../terminal/output.ts";
import { fetchModel, hubSettings } from "./fetch_model.ts";
import type { PullFlags } from "./flags.ts";
import { readModelArgument } from "./model_argument.ts";

const EXAMPLE = "foretoken pull HuggingFaceTB/SmolLM2-135M-Instruct";

/** `foretoken pull`: a model from the hub into the cache. Returns the exit code. */
export async function runPull(flags: PullFlags, word: string | undefined): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const name = withRevision(word, flags.revision);
  const settings = await hubSettings();
  output.say(`${name.id} at ${name.revision}, into ${settings.cache}`);
  const folder = await fetchModel(settings, name);
  await output.write(`${folder}\n`);
  return ExitCode.ok;
}

function withRevision(word: string | undefined, revision: string | undefined): ModelName {
  const name = readModelArgument("pull", word, EXAMPLE);
  if (revision === undefined) return name;
  if (word?.includes("@")) throw new UsageError("give the revision either by @ or by --revision");
  if (isRevision(revision)) return { ...name, revision };
  throw new UsageError(`--revision needs a branch, tag or commit, not ${JSON.stringify(revision)}`);
}
