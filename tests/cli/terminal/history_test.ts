import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { appendHistory, readHistory, withEntry } from "../../../src/cli/terminal/history.ts";
import { withFolder } from "../../format/support.ts";

Deno.test("messages are kept in order, line breaks included, and for the user alone", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "state", "foretoken", "history");
    assertEquals(await readHistory(path), []);
    for (const message of ["one", "two\nlines", "two\nlines", "drei ü"]) {
      await appendHistory(path, message);
    }
    assertEquals(await readHistory(path), ["one", "two\nlines", "drei ü"]);
    const { mode } = await Deno.stat(path);
    if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o600);
    const names = [...Deno.readDirSync(join(folder, "state", "foretoken"))].map((one) => one.name);
    assertEquals(names, ["history"]);
  });
});

Deno.test("lines that are no history are passed over", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "history");
    await Deno.writeTextFile(path, '"good"\nnot json\n{"a": 1}\n"cut off');
    assertEquals(await readHistory(path), ["good"]);
    assertEquals(await readHistory(folder), []);
  });
});

Deno.test("the history does not grow without bound", () => {
  const many = Array.from({ length: 1000 }, (_, index) => `message ${index}`);
  const more = withEntry(many, "last");
  assertEquals([more.length, more[0], more.at(-1)], [1000, "message 1", "last"]);
});
