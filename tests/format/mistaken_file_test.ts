/** What people have in place of a model's files is called by its name. */
import { join } from "@std/path";
import { DataError, NoInputError } from "../../src/format/errors.ts";
import { CONFIG_FILE_LIMIT, readJsonObject } from "../../src/format/json.ts";
import { requireModelFolder } from "../../src/format/files.ts";
import { Safetensors } from "../../src/format/safetensors/safetensors.ts";
import { assertFails, NO_LEAKS, withFile, withFolder } from "./support.ts";

const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 13910280\n";
const PAGE = "\n<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n";

/** What it is, how it begins, and the parts of the message in order. */
const CASES: [string, string, string[]][] = [
  ["a pointer of Git LFS", POINTER, ["found a pointer of Git LFS", "git lfs pull"]],
  ["a web page", PAGE, ["found a web page", "get it again"]],
  ["an archive of PyTorch", "PK\x03\x04" + "\0".repeat(600), [
    "found a zip archive",
    "safetensors",
  ]],
  ["a GGUF file", "GGUF\x03" + "\0".repeat(300), ["found a GGUF file", "get the model with"]],
];

for (const [kind, contents, parts] of CASES) {
  Deno.test(`weights that are ${kind} are called by that name`, NO_LEAKS, async () => {
    await withFolder({ "model.safetensors": contents }, async (folder) => {
      const path = join(folder, "model.safetensors");
      await assertFails(() => Safetensors.open(folder), DataError, [path, ...parts]);
    });
  });
}

for (const [kind, contents, parts] of CASES.slice(0, 2)) {
  Deno.test(`a JSON file that is ${kind} is called by that name`, async () => {
    await withFolder({ "tokenizer.json": contents }, async (folder) => {
      const path = join(folder, "tokenizer.json");
      const read = () => readJsonObject(path, "the tokenizer", CONFIG_FILE_LIMIT);
      await assertFails(read, DataError, [path, ...parts]);
    });
  });
}

/** Files that stand in a folder without model.safetensors, and what the message ends with. */
const FOLDERS: [string, string, string][] = [
  [
    "shards without their index",
    "model-00002-of-00003.safetensors",
    "there is model-00002-of-00003.safetensors, but not model.safetensors.index.json",
  ],
  [
    "weights in a format of PyTorch",
    "pytorch_model.bin",
    "there is pytorch_model.bin, which is not read",
  ],
];

for (const [kind, name, hint] of FOLDERS) {
  Deno.test(`a folder with ${kind} is told from an empty one`, async () => {
    await withFolder({ [name]: "" }, async (folder) => {
      const parts = [folder, "model.safetensors: no such file", hint];
      await assertFails(() => Safetensors.open(folder), NoInputError, parts);
    });
  });
}

Deno.test("a file in place of a model's folder is called by its name", NO_LEAKS, async () => {
  for (const [, contents, parts] of CASES) {
    await withFile(contents, async (path) => {
      await assertFails(() => requireModelFolder(path), DataError, [path, ...parts]);
    });
  }
  await withFile("", async (path) => {
    await assertFails(() => requireModelFolder(path), NoInputError, [
      path,
      "is a file",
      "config.json",
    ]);
  });
});
