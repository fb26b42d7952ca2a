/** Folders with files for one test, and the check that every error message has to pass. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Safetensors, type TensorData } from "../../src/format/safetensors/safetensors.ts";

/** The demo model's folder. */
export const DEMO_FOLDER = fromFileUrl(new URL("../../weights/demo", import.meta.url));

/** Options of a test that fails when it leaves a file open; Deno does not look unless told to. */
export const NO_LEAKS = { sanitizeResources: true };

/** Contents of a file: bytes, text, or a value to be written as JSON. */
export type Contents = Uint8Array | string | Record<string, unknown>;

/** Runs a test in a temporary folder with the given files and removes it afterwards. */
export async function withFolder<T>(
  files: Record<string, Contents>,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "format-" });
  try {
    for (const [name, contents] of Object.entries(files)) {
      await Deno.writeFile(join(folder, name), bytesOf(contents));
    }
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a test with the path of a file, which is there if contents are given, and removes it afterwards. */
export async function withFile<T>(
  contents: Contents | null,
  run: (path: string) => Promise<T>,
): Promise<T> {
  return await withFolder(
    contents === null ? {} : { file: contents },
    (folder) => run(join(folder, "file")),
  );
}

/** All tensors of a model's folder with their bytes, to be written again in another way. */
export async function readTensors(folder: string): Promise<TensorData[]> {
  using file = await Safetensors.open(folder);
  const all: TensorData[] = [];
  for (const { name, dtype, shape, byteLength } of file.tensors.values()) {
    all.push({ name, dtype, shape, data: await file.read(name, 0, byteLength) });
  }
  return all;
}

/** The class of an expected error. */
// deno-lint-ignore no-explicit-any
type ErrorClass = new (...args: any[]) => Error;

/**
 * Expects the failure to be of the class and its message to be one line that holds the parts in
 * this order: file, place, what was found, what was expected.
 */
export async function assertFails(
  run: () => Promise<unknown>,
  errorClass: ErrorClass,
  parts: readonly string[],
): Promise<void> {
  const { message } = await assertRejects(run, errorClass);
  assertEquals(message.split(/[\n\r\u2028\u2029]/).length, 1, `more than one line: ${message}`);
  assert(message.length < 700, `too long to read: ${message}`);
  let position = 0;
  for (const part of parts) {
    assertStringIncludes(message.slice(position), part, `in: ${message}`);
    position = message.indexOf(part, position) + part.length;
  }
}

function bytesOf(contents: Contents): Uint8Array {
  if (contents instanceof Uint8Array) return contents;
  const text = typeof contents === "string" ? contents : JSON.stringify(contents);
  return new TextEncoder().encode(text);
}
