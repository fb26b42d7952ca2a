import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { compile, ROOT } from "./compiled.ts";
import { PROGRAM_PERMISSIONS } from "../program.ts";

Deno.test("a runtime that is not there is told in one line", async () => {
  const { code, report } = await compile("/nowhere/denort", "unused");
  assertEquals(code, 69);
  assertMatch(report, /^foretoken: DENORT_BIN names no file.*\n$/);
});

Deno.test("with the executable's permissions, from another folder, the program finds its model", async () => {
  const folder = await Deno.makeTempDir();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", ...PROGRAM_PERMISSIONS, join(ROOT, "main.ts")],
      ...["generate", "-p", "Once upon a time", "--max-tokens", "4"],
    ],
    cwd: folder,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertStringIncludes(new TextDecoder().decode(stdout), " ");
});
