/** Which files of a model are needed, and which names are safe to write to. */

import { HubDataError, HubError } from "./errors.ts";

/** Without these no model can be opened. */
export const REQUIRED_FILES = ["config.json", "tokenizer.json"];

/** Files beside the weights that are read where a model has them. */
const OPTIONAL_FILES = [
  "generation_config.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
];

/** Templates beside the default one, each named by its file. */
const NAMED_TEMPLATE = /^additional_chat_templates\/[\w-]+\.jinja$/;

/** Weights to draft with, as `foretoken train` writes them. */
const DRAFTING_FILES = [
  "hidden_transfer.safetensors",
  "medusa_heads.safetensors",
  "phrases.safetensors",
];

/** All weights in one file. */
export const WEIGHTS = "model.safetensors";

/** Which shard holds which tensor, where the weights are in several files. */
export const SHARD_INDEX = "model.safetensors.index.json";

/** What is to be downloaded of a model. */
export interface FilePlan {
  /** Files that say what the model is. */
  readonly descriptions: readonly string[];
  /** Files with weights, without shards. */
  readonly weights: readonly string[];
  /** Whether the weights are in the shards that an index names. */
  readonly hasShards: boolean;
}

/**
 * Chooses among the files of a repository.
 *
 * @throws HubError if it holds no model that could be opened.
 * @throws HubDataError if a name leads out of the folder: then nothing from there is trusted.
 */
export function planFiles(id: string, names: readonly string[]): FilePlan {
  const hostile = names.find((name) => !isSafeName(name));
  if (hostile !== undefined) {
    throw new HubDataError(
      `${id} lists a file named ${JSON.stringify(hostile)}, which leads out of its folder; ` +
        "nothing was downloaded",
    );
  }
  const isThere = (name: string) => names.includes(name);
  const missing = REQUIRED_FILES.find((name) => !isThere(name));
  if (missing !== undefined) throw unusable(id, missing, names);
  const templates = names.filter((name) => NAMED_TEMPLATE.test(name));
  const descriptions = [...REQUIRED_FILES, ...OPTIONAL_FILES.filter(isThere), ...templates];
  const drafting = DRAFTING_FILES.filter(isThere);
  if (isThere(WEIGHTS)) {
    return { descriptions, weights: [WEIGHTS, ...drafting], hasShards: false };
  }
  if (!isThere(SHARD_INDEX)) throw unusable(id, WEIGHTS, names);
  return { descriptions, weights: drafting, hasShards: true };
}

function unusable(id: string, missing: string, names: readonly string[]): HubError {
  const other = names.find((name) => /\.(gguf|bin|pth?|onnx|ggml)$/.test(name));
  const found = other === undefined ? "" : ` but ${JSON.stringify(other)}`;
  return new HubError(
    `${id} has no ${missing}${found}; foretoken reads models in the layout of the transformers ` +
      "library with safetensors: choose a repository that has them",
  );
}

/**
 * The files that an index names.
 *
 * @param path of the index, for messages.
 * @throws HubDataError if it is none, or a name is not that of a file beside it.
 */
export function shardNames(path: string, text: string): string[] {
  const shards = Object.values(parseWeightMap(text) ?? {});
  const isShard = (name: unknown) =>
    typeof name === "string" && /^\w[\w.-]*\.safetensors$/.test(name);
  if (shards.length > 0 && shards.every(isShard)) return [...new Set(shards as string[])].sort();
  throw new HubDataError(`${path} does not name the files that hold the weights`);
}

function parseWeightMap(text: string): Record<string, unknown> | null {
  try {
    const map = JSON.parse(text)?.weight_map;
    return typeof map === "object" ? map : null;
  } catch {
    return null;
  }
}

/** Whether a name from outside stays within the folder that it is joined to, on every system. */
function isSafeName(name: string): boolean {
  // deno-lint-ignore no-control-regex
  if (/^$|^[/~]|[\\\x00-\x1f]|^[A-Za-z]:/.test(name)) return false;
  return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
