/** What has to be right before a training begins. */

import { join } from "@std/path";
import type { ModelFolder } from "../../engine/model_folder.ts";
import type { ModelConfig } from "../../model/config.ts";
import { UsageError } from "../errors.ts";
import { requirePlaceFor } from "../files.ts";
import type { Output } from "../terminal/output.ts";
import type { TextFlags } from "./flags.ts";

/** Tells of a flag without effect. Throws unless there is text to learn from. */
export function requireData(flags: TextFlags, output: Output): void {
  if (flags.data.length === 0) {
    throw new UsageError("train needs text to learn from: --data FILE");
  }
  if (flags.self === undefined && flags["keep-texts"] !== undefined) {
    output.say("--keep-texts: no effect without --self");
  }
}

/**
 * Where the result goes: `file` in the model's folder, unless --out says something else.
 *
 * @throws OutputFailedError unless it and the texts to be kept can be written.
 */
export async function requirePlaces(
  { out, "keep-texts": keptIn }: TextFlags,
  folder: ModelFolder,
  file: string,
): Promise<string> {
  const path = out ?? join(folder.path, file);
  await requirePlaceFor("--out", path);
  await requirePlaceFor("--keep-texts", keptIn);
  return path;
}

/** Throws if the texts are longer than the model's context. */
export function requireLength({ length }: TextFlags, { contextLength }: ModelConfig): void {
  if (length <= contextLength) return;
  throw new UsageError(
    `--length ${length} is more than the ${contextLength} tokens of the model's context`,
  );
}
