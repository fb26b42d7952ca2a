/** What `pull`, `rm` and `-m ORG/NAME` refuse to do, and what they do not ask a hub for. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { COMMIT, tinyModel } from "../../hub/pulling.ts";
import { PROGRAM_PERMISSIONS } from "../../setup/program.ts";
import { DEMO, demoModel, ID, MAIN, Place, PROGRAM } from "./place.ts";

Deno.test("a model that cannot be run is refused before its weights are fetched, and listed with why", async () => {
  const { files } = tinyModel();
  const config = '{"architectures":["BloomForCausalLM"],"torch_dtype":"float32"}';
  await using place = await Place.make(tinyModel({ files: { ...files, "config.json": config } }));
  const { code, stderr } = await place.run(["pull", "some-org/Tiny.Model"]);
  assertEquals(code, 65);
  assertMatch(
    stderr,
    /foretoken: some-org\/Tiny.Model cannot be run, .*: config\.json: .*BloomForCausalLM/,
  );
  assertEquals(place.hub.ranges, []);
  const { stdout } = await place.run(["models"]);
  const [name, , architecture, format, verdict] = stdout.split(/ {2,}/);
  assertEquals(name, `some-org/Tiny.Model@${COMMIT}`);
  assertEquals([architecture, format], ["BloomForCausalLM", "F32"]);
  assertMatch(verdict, /^does not run: config\.json: key "architectures": found/);
});

Deno.test("without the permission nothing is asked for, and the command that has it is named", async () => {
  await using place = await Place.make(await demoModel());
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, MAIN, "pull", ID],
    env: place.variables,
  }).output();
  const { host } = new URL(place.hub.endpoint);
  assertEquals(code, 66);
  assertStringIncludes(new TextDecoder().decode(stderr), `deno run --allow-net=${host} `);
  assertEquals(place.hub.seen, []);
});

Deno.test("mistakes in names are told before anything is done", async () => {
  await using place = await Place.make();
  const cases: [string[], number, string][] = [
    [["pull"], 64, "pull needs the name of a model: foretoken pull "],
    [["pull", "gpt2"], 64, '"gpt2" is not the name of a model, which is ORG/NAME'],
    [["pull", "a/b", "c/d"], 64, 'pull takes one word beside its flags, but there is "c/d"'],
    [["pull", "a/b@v1", "--revision", "v2"], 64, "either by @ or by --revision"],
    [["pull", "a/b", "--revision", "../v2"], 64, "--revision needs a branch"],
    // No example that would remove a model if it were copied.
    [["rm", "gpt2"], 64, "which is ORG/NAME: foretoken models lists them"],
    [["rm", "a/b@v1", "--yes"], 64, "rm removes all revisions"],
    [["generate", "-m", "a/b", "-p", "x"], 66, "no model a/b with a revision main (404)"],
    [["pull", "a/b", "--revision", "v2"], 66, "revision v2 (404)"],
  ];
  for (const [args, exitCode, message] of cases) {
    const { code, stdout, stderr } = await place.run(args);
    assertEquals([code, stdout], [exitCode, ""], stderr);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("a name whose hub is out of reach may be that of a folder, which the last line says", async () => {
  await using place = await Place.make();
  place.hub.faults.statuses = [{ status: 429, retryAfter: "7200" }];
  const { code, stderr } = await place.run(["generate", "-m", "typo/name", "-p", "x"]);
  assertEquals(code, 66);
  assertMatch(
    stderr.trimEnd().split("\n").at(-1)!,
    /^foretoken: there is no folder typo\/name, and .* \(429\); run the same command in 120 minutes/,
  );
});

Deno.test("a folder on this machine goes before a model of the same name", async () => {
  await using place = await Place.make(await demoModel());
  await Deno.mkdir(join(place.cache, ID), { recursive: true });
  const { code, stderr } = await place.run(["generate", "-m", ID, "-p", "x"], {}, place.cache);
  assertEquals(code, 66);
  assertMatch(stderr, /^foretoken: some-org\/Demo\/config\.json: no such file/);
  assertEquals(place.hub.seen, []);
});

Deno.test("what needs no model has no network", async () => {
  await using place = await Place.make(await demoModel());
  const probe = join(place.cache, "probe.ts");
  await Deno.writeTextFile(
    probe,
    `import { runProgram } from ${
      JSON.stringify(new URL("../../../src/cli/program.ts", import.meta.url).href)
    };
    const state = () => Deno.permissions.querySync({ name: "net", host: "127.0.0.1:80" }).state;
    const before = state();
    await runProgram(Deno.args);
    console.error(before, state());`,
  );
  const probed = async (...args: string[]) => {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...PROGRAM.slice(0, -1), probe, ...args],
      env: place.variables,
    }).output();
    return new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  };
  assertEquals(await probed("models"), "granted prompt");
  assertEquals(await probed("generate", "-m", DEMO, "-p", "Once", "-n", "1"), "granted prompt");
  assertEquals(await probed("generate", "-m", ID, "-p", "Once", "-n", "1"), "granted prompt");
  assert(place.hub.seen.length > 0);
});
