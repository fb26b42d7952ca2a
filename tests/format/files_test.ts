import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { writeWhole, writeWholeAtOnce } from "../../src/format/files.ts";

const folder = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const path = `${folder}/file`;
const FULL = "No space left on device";

async function contents(): Promise<Record<string, string>> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  const entries = names.map(async (name) => [name, await Deno.readTextFile(`${folder}/${name}`)]);
  return Object.fromEntries(await Promise.all(entries));
}

Deno.test("a disk that fills up leaves a file as it was, and nothing beside it", async () => {
  await writeWhole(path, "before");
  const filling = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(Uint8Array.of(1)),
    pull: (stream) => stream.error(new Error(FULL)),
  });
  await assertRejects(() => writeWhole(path, filling), Error, FULL);
  assertEquals(await contents(), { file: "before" });
  const { writeTextFileSync } = Deno;
  Deno.writeTextFileSync = (path, _, options) => {
    writeTextFileSync(path, "", options);
    throw new Error(FULL);
  };
  try {
    assertThrows(() => writeWholeAtOnce(path, "after"), Error, FULL);
  } finally {
    Deno.writeTextFileSync = writeTextFileSync;
  }
  assertEquals(await contents(), { file: "before" });
  writeWholeAtOnce(path, "after");
  assertEquals(await contents(), { file: "after" });
});
