import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { Buffer } from "node:buffer";
import { sourceFiles } from "../../structure/source.ts";
import { compile, ROOT } from "./compiled.ts";
import { HUB_HOSTS, PROGRAM_PERMISSIONS } from "../program.ts";

/** The file's bytes as characters: a string is searched a hundred times faster than a buffer. */
async function readBytes(path: string): Promise<string> {
  return Buffer.from(await Deno.readFile(path)).toString("latin1");
}

/** The permissions in the archive's own description, by Deno's names; null is "not given". */
function bakedPermissions(executable: string): Record<string, string[] | null> {
  const key = '"permissions":';
  const start = executable.lastIndexOf(key + '{"allow_env"') + key.length;
  assert(start >= key.length, "the archive names no permissions");
  return JSON.parse(executable.slice(start, executable.indexOf("}", start) + 1));
}

Deno.test("the executable holds the kernels, the weights that ship and the permissions, nothing more", async () => {
  const output = join(await Deno.makeTempDir(), "foretoken");
  // Deno itself stands in for its runtime: the result does not run, but it holds the same archive.
  const { code, report } = await compile(Deno.execPath(), output);
  assertEquals(code, 0, report);
  const executable = await readBytes(output);

  for (const { path } of await sourceFiles("wgsl", ".wgsl")) {
    assert(executable.includes(await readBytes(join(ROOT, path))), `${path} is not embedded`);
  }
  for (const folder of ["weights/demo", "weights/smollm2-135m-instruct"]) {
    for await (const { name } of Deno.readDir(join(ROOT, folder))) {
      const file = await readBytes(join(ROOT, folder, name));
      assert(executable.includes(file), `${folder}/${name} is not embedded`);
    }
  }
  // The report lists what is embedded as a tree.
  assertMatch(report, /^[│├└─┬ ]*main\.ts/m);
  assert(!/fast-check|README|\.git|\.ci/.test(report), report);
  const golden = await readBytes(join(ROOT, "tests/golden/demo_model.json"));
  assert(!executable.includes(golden), "data of the tests is embedded");
  const baked = bakedPermissions(executable);
  const variables = PROGRAM_PERMISSIONS.find((flag) => flag.startsWith("--allow-env="))!;
  assertEquals(baked.allow_env, variables.slice("--allow-env=".length).split(","));
  assertEquals(baked.allow_net, HUB_HOSTS);
  assertEquals(baked.allow_sys, ["systemMemoryInfo"], "what a software driver has room for");
  for (const closed of ["allow_run", "allow_ffi"]) {
    assertEquals(baked[closed], null, closed);
  }
  assertEquals(baked.deny_import, [], "code from elsewhere must not be imported");
  await Deno.remove(output);
});
