/** The flags that say how tokens are drafted, and what becomes of them. */

import { UnsuitableTreeError } from "../../draft/method.ts";
import { placesOf } from "../../draft/tree_shape.ts";
import { METHOD_NAMES, noMethod } from "../../engine/drafting/method_names.ts";
import type { DraftSettings, RankPath } from "../../format/settings/draft_settings.ts";
import { DataError } from "../../format/errors.ts";
import { readText } from "../../format/files.ts";
import { parseJson } from "../../format/json.ts";
import { UsageError } from "../errors.ts";
import { type Flag, type FlagValues, integer, path, toggle } from "./flags.ts";

const method: Flag<string | undefined> = {
  placeholder: "NAME",
  help: `how tokens are drafted, which never changes the text: ${METHOD_NAMES.join(", ")} ` +
    "(default auto; where a tree is asked for, hidden-transfer with the maps of the model, or else its phrases)",
  initial: undefined,
  accept: (_previous, word, name) => methodNamed(word, name),
};

/** @throws UsageError that names the nearest if there is no such method. */
export function methodNamed(word: string, flag: string): string {
  const problem = noMethod(word);
  if (problem === null) return word;
  throw new UsageError(`${flag}: ${problem}`);
}

/** How tokens are drafted; can change during a chat. */
export const METHOD_FLAGS = {
  method,
  tree: integer({
    placeholder: "N",
    help:
      "verify trees of N nodes in each pass (default what tune found, else 4 on a software device and 8 on others, " +
      "at most twice that with --method auto)",
    minimum: 1,
    maximum: 64,
  }),
  "tree-file": path({
    placeholder: "FILE",
    help: "the tree's shape: a JSON list of paths such as [[0],[1],[0,0]]; 0 is the best candidate",
  }),
};

/** Files that take the place of those in the model's folder. */
export const ASSET_FLAGS = {
  maps: path({
    placeholder: "FILE",
    help: "maps of hidden transfer (default hidden_transfer.safetensors in the model's folder)",
  }),
  phrases: path({
    placeholder: "FILE",
    help:
      "what the model says most often, as train phrases writes it (default phrases.safetensors in the model's folder)",
  }),
};

/** All flags about drafting. */
export const DRAFTING_FLAGS = {
  ...METHOD_FLAGS,
  ...ASSET_FLAGS,
  check: toggle({ help: "decode each answer again plainly and fail unless the ids are equal" }),
  compare: toggle({ help: "as --check, and show both speeds" }),
  forget: toggle({
    help:
      "with --method auto: begin without what earlier runs have learnt about drafting with this " +
      "model on this device, and keep in its place what this one learns",
  }),
  "show-drafts": toggle({ help: "colour each token by how it came: chosen, or kept from a draft" }),
};

/** Parsed {@linkcode ASSET_FLAGS}. */
export type AssetFlagValues = FlagValues<typeof ASSET_FLAGS>;

/** Parsed {@linkcode METHOD_FLAGS}. */
export type MethodFlagValues = FlagValues<typeof METHOD_FLAGS>;

/**
 * What the flags ask for; what they leave open is chosen for the device.
 *
 * @throws UsageError if they contradict each other.
 * @throws DataError or NoInputError if the tree's file is not a tree or cannot be read.
 */
export async function readDraftSettings(flags: MethodFlagValues): Promise<Partial<DraftSettings>> {
  const { method, tree: nodes, "tree-file": file } = flags;
  if (file === undefined) return { method, nodes };
  if (nodes !== undefined) {
    throw new UsageError("--tree and --tree-file cannot be given together");
  }
  return { method, paths: await readTree(file) };
}

/**
 * Does something with the tree of the flags.
 *
 * @throws DataError naming the tree's file if the method cannot have that tree.
 */
export async function withTree<Result>(
  { "tree-file": file }: Pick<MethodFlagValues, "tree-file">,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const isOfFile = error instanceof UnsuitableTreeError && file !== undefined;
    throw isOfFile ? new DataError(`${file}: ${error.message}`) : error;
  }
}

/** Most bytes of a file that can hold a tree. */
const MAX_TREE_BYTES = 2 ** 16;

async function readTree(path: string): Promise<RankPath[]> {
  const paths = parseJson(await readText(path, "a JSON list of paths", MAX_TREE_BYTES), path);
  if (!Array.isArray(paths) || !paths.every(Array.isArray)) {
    throw new DataError(`${path}: expected a JSON list of paths, such as [[0],[1],[0,0]]`);
  }
  try {
    placesOf(paths);
  } catch (error) {
    if (error instanceof RangeError) throw new DataError(`${path}: ${error.message}`);
    throw error;
  }
  return paths;
}
