/** The library's documentation: complete, and its examples run with the permissions that it names. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { sourceFiles } from "../../structure/source.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

async function deno(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, said: decode(stdout) + decode(stderr) };
}

Deno.test("the examples of the library and of README run, with no permission but to read the model", async () => {
  const modules = [
    "mod.ts",
    "README.md",
    ...(await sourceFiles("src/engine/library", ".ts")).map(({ path }) => path),
  ];
  const { code, said } = await deno(
    "test",
    "--doc",
    "--no-prompt",
    "--allow-read=weights/demo",
    ...modules,
  );
  assertEquals(code, 0, said);
  const passed = Number(/ok \| (\d+) passed/.exec(said)?.[1]);
  assert(passed >= 5, said);
});

Deno.test("everything that the library exports is documented, members and all", async () => {
  const { code, said } = await deno("doc", "--lint", "mod.ts");
  assertEquals(code, 0, said);
});
