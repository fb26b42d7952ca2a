/** What docs/contributing.md shows is what stands in the files. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "./source.ts";

Deno.test("the diff of an architecture in contributing.md is that of the files", async () => {
  const page = await Deno.readTextFile(join(ROOT, "docs/contributing.md"));
  const [, diff] = page.match(/```diff\n(.*?)```/s) ?? [];
  const files = diff.split(/^--- .*\n/m).filter((part) => part !== "");
  assertEquals(files.length, 2);
  for (const file of files) {
    const [head, ...lines] = file.trimEnd().split("\n");
    const text = await Deno.readTextFile(join(ROOT, head.replace("+++ b/", "")));
    const shown = lines.map((line) => line.slice(1)).join("\n");
    assert(text.includes(shown), head);
    if (lines.every((line) => line.startsWith("+"))) assertEquals(shown, text.trimEnd());
  }
});
