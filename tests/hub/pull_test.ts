/** Models from a hub into the cache: what is fetched, what is gone on with, what takes no request. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { findModel } from "../../src/hub/cache.ts";
import { HubDataError, HubError } from "../../src/hub/errors.ts";
import { FakeHub } from "./fake_hub.ts";
import { COMMIT, NAME, TestCache, tinyModel } from "./pulling.ts";

const NEEDED = [
  "chat_template.jinja",
  "config.json",
  "generation_config.json",
  "model.safetensors",
  "special_tokens_map.json",
  "tokenizer.json",
  "tokenizer_config.json",
];

Deno.test("the files that are needed come into the layout of the cache, and no others", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const { folder, progress } = await cache.pull(hub);
  assertEquals(folder, join(cache.path, "models--some-org--Tiny.Model", "snapshots", COMMIT));
  assertEquals(await cache.files(`snapshots/${COMMIT}`), NEEDED);
  assertEquals(await cache.files("refs"), ["main"]);
  assertEquals(await Deno.readTextFile(join(folder, "../../refs/main")), COMMIT);
  // Three of the small files are the same.
  const blobs = await cache.files("blobs");
  assertEquals(blobs.length, 5);
  for (const name of blobs) assertMatch(name, /^([0-9a-f]{40}|[0-9a-f]{64})$/);
  assertEquals(
    await Deno.readFile(join(folder, "model.safetensors")),
    tinyModel().files["model.safetensors"],
  );
  const last = progress.at(-1)!;
  assertEquals(last.done, last.total);
  assert(last.total > 1_000_000 && last.received > 1_000_000);
});

Deno.test("templates that have names of their own come along, and are found in their folder", async () => {
  const { files } = tinyModel();
  const named = "additional_chat_templates/rag.jinja";
  const other = { "additional_chat_templates/notes.txt": "no template" };
  await using hub = new FakeHub(
    tinyModel({ files: { ...files, [named]: "with sources", ...other } }),
  );
  const cache = await TestCache.make();
  const { folder } = await cache.pull(hub);
  assertEquals(await Deno.readTextFile(join(folder, named)), "with sources");
  const snapshot = `snapshots/${COMMIT}`;
  assertEquals(await cache.files(snapshot), ["additional_chat_templates", ...NEEDED]);
  assertEquals(await cache.files(`${snapshot}/additional_chat_templates`), ["rag.jinja"]);
});

Deno.test("what is there is found without a request, and pulling again fetches only the news", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const { folder } = await cache.pull(hub);
  hub.seen.length = 0;
  assertEquals(await findModel(cache.path, NAME), folder);
  assertEquals(await findModel(cache.path, { ...NAME, revision: COMMIT }), folder);
  assertEquals((await cache.pull(hub, { ...NAME, revision: COMMIT })).folder, folder);
  assertEquals((await cache.pull(hub, NAME, { isOffline: true })).folder, folder);
  assertEquals(hub.seen, []);

  await cache.pull(hub);
  assertEquals(hub.seen.length, 1);

  const next = "f".repeat(40);
  const { files } = tinyModel();
  hub.put(tinyModel({ commit: next, files: { ...files, "config.json": "{ }" } }));
  hub.seen.length = 0;
  const { folder: newFolder } = await cache.pull(hub);
  assertEquals(newFolder, folder.replace(COMMIT, next));
  assertEquals(hub.ranges, [], "the weights are the same");
  assertEquals(
    hub.seen.filter(({ path, method }) => path.startsWith("/cached") && method === "GET").length,
    1,
  );
  assert(await exists(join(folder, "config.json")), "the older commit stays");
});

Deno.test("what was damaged is fetched again by a pull, and nothing else", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const { folder } = await cache.pull(hub);
  const { files } = tinyModel();
  await Deno.truncate(join(folder, "model.safetensors"), 1000);
  await Deno.writeTextFile(join(folder, "config.json"), "\0".repeat(9));
  hub.seen.length = 0;
  const { said } = await cache.pull(hub);
  assertEquals(said.sort(), [
    "config.json was damaged and is fetched again",
    "model.safetensors was damaged and is fetched again",
  ]);
  assertEquals(await Deno.readFile(join(folder, "model.safetensors")), files["model.safetensors"]);
  assertEquals(await Deno.readTextFile(join(folder, "config.json")), files["config.json"]);
  assertEquals(hub.ranges, [null]);
  hub.seen.length = 0;
  assertEquals((await cache.pull(hub)).said, []);
  assertEquals(hub.seen.length, 1);
});

Deno.test("a revision is a branch, a tag or a commit, with slashes too", async () => {
  await using hub = new FakeHub(tinyModel({ revisions: ["refs/pr/7"] }));
  const cache = await TestCache.make();
  const name = { ...NAME, revision: "refs/pr/7" };
  const { folder } = await cache.pull(hub, name);
  assertEquals(await findModel(cache.path, name), folder);
  assertEquals(await findModel(cache.path, NAME), null);
  await assertRejects(() => cache.pull(hub), HubError, "a revision main (404)");
});

Deno.test("shards are those that the index names", async () => {
  const { files } = tinyModel();
  const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  const weights = files["model.safetensors"] as Uint8Array<ArrayBuffer>;
  delete files["model.safetensors"];
  files["model.safetensors.index.json"] = JSON.stringify({
    weight_map: { a: shards[1], b: shards[0], c: shards[1] },
  });
  files[shards[0]] = weights.slice(0, 300_000);
  files[shards[1]] = weights.slice(300_000);
  files["consolidated.safetensors"] = weights;
  await using hub = new FakeHub(tinyModel({ files }));
  const cache = await TestCache.make();
  const { folder } = await cache.pull(hub);
  const names = await cache.files(`snapshots/${COMMIT}`);
  assertEquals(names.filter((name) => name.endsWith(".safetensors")), shards);
  await Deno.remove(join(folder, shards[1]));
  assertEquals(await findModel(cache.path, NAME), null, "a shard is missing");
});

Deno.test("a connection that breaks is gone on with from where it broke", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  hub.faults.breaks = [300_000, 400_000];
  const { folder, said, waits, progress } = await cache.pull(hub);
  assertEquals(hub.ranges, [null, "bytes=300000-", "bytes=700000-"]);
  assertEquals(waits, [1000, 1000]);
  for (const line of said) assertMatch(line, /^the connection .*; trying again in 1 s$/);
  const { files } = tinyModel();
  assertEquals(await Deno.readFile(join(folder, "model.safetensors")), files["model.safetensors"]);
  assert(progress.at(-1)!.received < 1_001_000, "no byte came twice");
});

Deno.test("what an earlier run has left is gone on with, or begun anew where the server cannot skip", async () => {
  for (const ignoresRanges of [false, true]) {
    await using hub = new FakeHub(tinyModel());
    const cache = await TestCache.make();
    hub.faults.breaks = [300_000, 0, 0, 0, 0, 0];
    await assertRejects(() => cache.pull(hub), HubError, "what has arrived is kept");
    assertEquals(cache.last.waits, [1000, 2000, 4000, 8000]);
    assertEquals(
      (await cache.files("blobs")).filter((name) => name.endsWith(".incomplete")).length,
      1,
    );
    assertEquals(await findModel(cache.path, NAME), null);
    assert(!(await cache.files(`snapshots/${COMMIT}`)).includes("model.safetensors"));

    hub.seen.length = 0;
    hub.faults.breaks = [];
    hub.faults.ignoresRanges = ignoresRanges;
    await cache.pull(hub);
    assertEquals(hub.ranges, ["bytes=300000-"]);
    assertEquals((await cache.files("blobs")).filter((name) => name.endsWith(".incomplete")), []);
  }
});

Deno.test("a server that goes on elsewhere than it was asked to is not believed", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  hub.faults.breaks = [300_000];
  hub.faults.skipsTooFar = true;
  await assertRejects(() => cache.pull(hub), HubDataError, "from byte 300000 on");
  hub.faults.skipsTooFar = false;
  await cache.pull(hub);
  assertEquals(hub.ranges.at(-1), "bytes=300000-");
});

Deno.test("what is there is more than the file has: it is begun anew", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  hub.faults.breaks = [300_000, 0, 0, 0, 0, 0];
  await assertRejects(() => cache.pull(hub), HubError);
  const [partial] = (await cache.files("blobs")).filter((name) => name.endsWith(".incomplete"));
  const path = join(cache.path, "models--some-org--Tiny.Model", "blobs", partial);
  await Deno.writeFile(path, new Uint8Array(1_000_001));
  hub.seen.length = 0;
  hub.faults.breaks = [];
  await cache.pull(hub);
  assertEquals(hub.ranges, [null]);
});

Deno.test("the token goes to the hub and to no other host", async () => {
  await using hub = new FakeHub(tinyModel({ token: "secret" }));
  const cache = await TestCache.make();
  await cache.pull(hub, NAME, { token: "secret" });
  const by = (at: string) =>
    new Set(hub.seen.filter((seen) => seen.at === at).map((seen) => seen.authorization));
  assertEquals(by("hub"), new Set(["Bearer secret"]));
  assertEquals(by("store"), new Set([null]));
});

Deno.test("two pulls at once end with the right files and fetch them once", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  hub.faults.delay = 10;
  const [one, other] = await Promise.all([cache.pull(hub), cache.pull(hub)]);
  assertEquals(one.folder, other.folder);
  assertEquals(hub.ranges, [null]);
  assert(
    [...one.said, ...other.said].includes(
      "another process is fetching model.safetensors; waiting for it",
    ),
  );
  assertEquals(await cache.files(`snapshots/${COMMIT}`), NEEDED);
});

Deno.test("a model that cannot be run is refused before its weights are fetched", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const seenThere: string[] = [];
  const beforeWeights = async (folder: string) => {
    for await (const { name } of Deno.readDir(folder)) seenThere.push(name);
    throw new Error("not this one");
  };
  await assertRejects(() => cache.pull(hub, NAME, {}, { beforeWeights }), Error, "not this one");
  assertEquals(seenThere.sort(), NEEDED.filter((name) => name !== "model.safetensors"));
  assertEquals(hub.ranges, []);
});
