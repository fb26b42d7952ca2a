/** `pull`, `models`, `rm` and `-m ORG/NAME` as people start them, against a hub on this machine. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import { FakeHub, type FakeModel } from "../../hub/fake_hub.ts";
import { COMMIT, tinyModel } from "../../hub/pulling.ts";
import { PROGRAM_PERMISSIONS } from "../../setup/program.ts";
import { PseudoTerminal, quoted } from "../terminal/pseudo_terminal.ts";

const MAIN = fromFileUrl(new URL("../../../main.ts", import.meta.url));
const DEMO = fromFileUrl(new URL("../../../weights/demo", import.meta.url));
const ID = "some-org/Demo";

/** The program may reach the hub, as `deno run --allow-net=…` allows, and nothing else is changed. */
const PROGRAM = [
  "run",
  "--quiet",
  "--no-check",
  "--allow-net=127.0.0.1,localhost",
  ...PROGRAM_PERMISSIONS,
  MAIN,
];

/** The demo model as a hub has it. */
async function demoModel(): Promise<FakeModel> {
  const files: FakeModel["files"] = {};
  for await (const { name } of Deno.readDir(DEMO)) {
    files[name] = await Deno.readFile(join(DEMO, name));
  }
  return { id: ID, commit: COMMIT, revisions: ["main", "v1"], files };
}

/** A cache of its own, with the hub that fills it. */
class Place implements AsyncDisposable {
  readonly hub: FakeHub;
  readonly cache: string;

  private constructor(hub: FakeHub, cache: string) {
    this.hub = hub;
    this.cache = cache;
  }

  static async make(...models: FakeModel[]): Promise<Place> {
    return new Place(new FakeHub(...models), await Deno.makeTempDir());
  }

  get variables(): Record<string, string> {
    return { HF_ENDPOINT: this.hub.endpoint, HF_HUB_CACHE: this.cache, NO_COLOR: "1" };
  }

  start(
    args: readonly string[],
    variables: Record<string, string> = {},
    cwd?: string,
  ): Deno.ChildProcess {
    return new Deno.Command(Deno.execPath(), {
      args: [...PROGRAM, ...args],
      cwd,
      env: { ...this.variables, ...variables },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async run(args: readonly string[], variables: Record<string, string> = {}, cwd?: string) {
    const { code, stdout, stderr } = await this.start(args, variables, cwd).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: decode(stdout), stderr: decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hub[Symbol.asyncDispose]();
  }
}

Deno.test("a model is pulled, listed, run by its name without the network, and removed", async () => {
  await using place = await Place.make(await demoModel());
  const snapshot = join(place.cache, "models--some-org--Demo", "snapshots", COMMIT);
  const pulled = await place.run(["pull", ID]);
  assertEquals([pulled.code, pulled.stdout], [0, snapshot + "\n"], pulled.stderr);
  assertMatch(pulled.stderr, / of \d+\.\d MB/);
  const weights = join(snapshot, "model.safetensors");
  assertMatch(await Deno.readLink(weights), /^\.\.[\\/]\.\.[\\/]blobs[\\/][0-9a-f]{64}$/);

  place.hub.seen.length = 0;
  const listed = await place.run(["models"]);
  const [name, size, ...facts] = listed.stdout.trimEnd().split(/ {2,}/);
  assertEquals([name, ...facts], [ID, "LlamaForCausalLM", "F16", "runs"]);
  assertMatch(size, /^\d+\.\d MB$/);

  const generated = await place.run(["generate", "-m", ID, "-p", "Once", "-n", "4"]);
  const direct = await place.run(["generate", "-m", DEMO, "-p", "Once", "-n", "4"]);
  assertEquals([generated.code, generated.stdout], [0, direct.stdout], generated.stderr);
  assertEquals(place.hub.seen, []);

  const asked = await place.run(["rm", ID]);
  assertEquals(asked.code, 64);
  assertStringIncludes(asked.stderr, "give --yes");
  const removed = await place.run(["rm", ID, "--yes"]);
  assertEquals(removed.code, 0, removed.stderr);
  assertMatch(removed.stderr, /^some-org\/Demo removed, \d+\.\d MB freed\n$/);
  assertStringIncludes((await place.run(["models"])).stderr, "no models in");
  assertEquals((await place.run(["rm", ID, "--yes"])).code, 66);
});

Deno.test("-m fetches a model that is not there, at a revision, and offline says that it cannot", async () => {
  await using place = await Place.make(await demoModel());
  const args = ["generate", "-m", `${ID}@v1`, "-p", "Once", "-n", "2"];
  const offline = await place.run(args, { HF_HUB_OFFLINE: "1" });
  assertEquals(offline.code, 66);
  assertMatch(
    offline.stderr,
    /^foretoken: some-org\/Demo at v1 is not in .*HF_HUB_OFFLINE[^\n]*\n$/,
  );
  const online = await place.run(args);
  assertEquals(online.code, 0, online.stderr);
  assertStringIncludes(
    online.stderr,
    `there is no folder ${ID}@v1; fetching the model of that name`,
  );
  assertEquals((await place.run(args, { HF_HUB_OFFLINE: "1" })).stdout, online.stdout);
  const listed = await place.run(["models", "--json"]);
  assertEquals(JSON.parse(listed.stdout).map(({ name }: { name: string }) => name), [`${ID}@v1`]);
});

Deno.test("a pull that is killed is gone on with, and nothing half done is ever found", async () => {
  await using place = await Place.make(await demoModel());
  place.hub.faults.delay = 20;
  const first = place.start(["pull", ID]);
  const blobs = join(place.cache, "models--some-org--Demo", "blobs");
  const partial = async () => {
    const entries = await Array.fromAsync(Deno.readDir(blobs)).catch(() => []);
    const names = entries.map(({ name }) => name).filter((name) =>
      /^.{64}\.incomplete$/.test(name)
    );
    return names.length === 0 ? 0 : (await Deno.stat(join(blobs, names[0]))).size;
  };
  while (await partial() < 500_000) await new Promise((resolve) => setTimeout(resolve, 20));
  first.kill("SIGKILL");
  await first.output();
  const arrived = await partial();
  const weights = join(
    place.cache,
    "models--some-org--Demo/snapshots",
    COMMIT,
    "model.safetensors",
  );
  assertEquals(await exists(weights), false);
  const listed = await place.run(["models"]);
  assertStringIncludes(
    listed.stdout,
    "does not run: model.safetensors is missing: foretoken pull some-org/Demo",
  );

  place.hub.faults.delay = 0;
  place.hub.seen.length = 0;
  const second = await place.run(["pull", ID]);
  assertEquals(second.code, 0, second.stderr);
  assertEquals(place.hub.ranges[0], `bytes=${arrived}-`);
  assertEquals(await Deno.readFile(weights), await Deno.readFile(join(DEMO, "model.safetensors")));
});

Deno.test("two processes at once end with the right files and fetch each once", async () => {
  await using place = await Place.make(await demoModel());
  place.hub.faults.delay = 5;
  const runs = await Promise.all([place.run(["pull", ID]), place.run(["pull", ID])]);
  for (const { code, stderr } of runs) assertEquals(code, 0, stderr);
  assertEquals(runs[0].stdout, runs[1].stdout);
  const large = Object.keys((await demoModel()).files).filter((name) =>
    name.endsWith(".safetensors")
  );
  assertEquals(place.hub.ranges, large.map(() => null));
  for (const name of large) {
    const path = join(runs[0].stdout.trim(), name);
    assertEquals(await Deno.readFile(path), await Deno.readFile(join(DEMO, name)));
  }
});

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

Deno.test("a file that cannot be written further says so, and is gone on with later", async () => {
  await using place = await Place.make(await demoModel());
  const exported = Object.entries(place.variables).map(([name, value]) =>
    `${name}=${quoted(value)} `
  );
  const pull = [Deno.execPath(), ...PROGRAM, "pull", ID].map(quoted).join(" ");
  // Past a limit on the size of files, writing fails as it does on a full disk.
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `trap '' XFSZ; ulimit -f 8000; ${exported.join("")} ${pull}`],
  }).output();
  assertEquals(code, 74);
  assertMatch(
    new TextDecoder().decode(stderr),
    /\.incomplete cannot be written: .*; \w+ [^\n]*\n$/,
  );
  place.hub.seen.length = 0;
  const again = await place.run(["pull", ID]);
  assertEquals(again.code, 0, again.stderr);
  assertMatch(place.hub.ranges[0] ?? "", /^bytes=\d{7}-$/);
});

Deno.test("rm asks on a terminal", async () => {
  await using place = await Place.make(tinyModel());
  const folder = join(place.cache, "models--some-org--Tiny.Model");
  await Deno.mkdir(folder);
  const exported = Object.entries(place.variables).map(([name, value]) =>
    `export ${name}=${quoted(value)}; `
  );
  const line = exported.join("") +
    [Deno.execPath(), ...PROGRAM, "rm", "some-org/Tiny.Model"].map(quoted).join(" ");
  for (const [answer, isKept] of [["n", true], ["y", false]] as const) {
    await using terminal = new PseudoTerminal(line);
    await terminal.waitFor("[y/N] ");
    await terminal.type(answer, "\r");
    assertStringIncludes(await terminal.ended(), isKept ? "is kept" : "removed, ");
    assertEquals(await exists(folder), isKept);
  }
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
