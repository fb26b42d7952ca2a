import { modelSize, removeModel } from "../../hub/cached_models.ts";
import { HubError } from "../../hub/errors.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { hubSettings } from "../pull/fetch_model.ts";
import { readModelArgument } from "../pull/model_argument.ts";
import { bytesText } from "../quantities.ts";
import { sayRaw, standardOutput } from "../terminal/output.ts";
import type { RemoveFlags } from "./flags.ts";

/** `foretoken rm`: a model less in the cache. Returns the exit code. */
export async function runRemove(flags: RemoveFlags, word: string | undefined): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const { id } = readModelArgument("rm", word, "foretoken models lists them");
  if (word?.includes("@")) {
    throw new UsageError(`rm removes all revisions of a model: foretoken rm ${id}`);
  }
  const { cache } = await hubSettings();
  const size = await modelSize(cache, id);
  if (size === null) throw new HubError(`there is no ${id} in ${cache}; see foretoken models`);
  if (!flags.yes && !await isConfirmed(`remove ${id} (${bytesText(size)})? [y/N] `)) {
    output.say(`${id} is kept`);
    return ExitCode.ok;
  }
  await removeModel(cache, id);
  output.say(`${id} removed, ${bytesText(size)} freed`);
  return ExitCode.ok;
}

/** Throws where there is nobody to ask. */
async function isConfirmed(question: string): Promise<boolean> {
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError("rm asks first, and there is no terminal to ask on; give --yes");
  }
  sayRaw(question);
  const answer = new Uint8Array(64);
  const length = await Deno.stdin.read(answer) ?? 0;
  return /^y(es)?$/i.test(new TextDecoder().decode(answer.subarray(0, length)).trim());
}
