/** `pull`, `models`, `rm` and `-m ORG/NAME` as people start them, against a hub on this machine. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { COMMIT, tinyModel } from "../../hub/pulling.ts";
import { PseudoTerminal, quoted } from "../terminal/pseudo_terminal.ts";
import { DEMO, demoModel, ID, Place, PROGRAM } from "./place.ts";

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
