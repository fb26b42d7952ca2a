/** What a hub, a network or a disk can do wrong: one clear line each, and nothing half done. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { CacheError, cacheError, HubDataError, HubError } from "../../src/hub/errors.ts";
import { FakeHub } from "./fake_hub.ts";
import { COMMIT, NAME, TestCache, tinyModel } from "./pulling.ts";

Deno.test("a model that is not given says where to ask for it", async () => {
  await using hub = new FakeHub(tinyModel({ token: "right" }));
  const cache = await TestCache.make();
  const page = `${hub.endpoint}/some-org/Tiny.Model`;
  const stranger = await assertRejects(() => cache.pull(hub), HubError);
  assertMatch(stranger.message, /\(401\); .*ask for access at .* and set HF_TOKEN/);
  const other = await assertRejects(() => cache.pull(hub, NAME, { token: "wrong" }), HubError);
  assertMatch(other.message, /\(403\); ask for access at/);
  for (const { message } of [stranger, other]) assert(message.includes(page), message);

  hub.faults.statuses = [{ status: 401 }];
  const invalid = await assertRejects(() => cache.pull(hub, NAME, { token: "old" }), HubError);
  assertMatch(invalid.message, /does not accept your token .*\(401\)/);
  assertEquals(cache.last.waits, [], "asking again would not help");
});

Deno.test("a model or revision that is not there is named, with a hint at a folder", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const unknown = { id: "some-org/nothing", revision: "main" };
  const error = await assertRejects(() => cache.pull(hub, unknown), HubError);
  assertMatch(
    error.message,
    /no model some-org\/nothing .*\(404\); .*\.\/some-org\/nothing for a folder/,
  );
  await assertRejects(
    () => cache.pull(hub, { ...NAME, revision: "v9" }),
    HubError,
    "revision v9 (404)",
  );
});

Deno.test("a hub with too many requests is given the time that it asks for", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  hub.faults.statuses = [{ status: 429, retryAfter: "17" }, { status: 503 }];
  const { waits, said } = await cache.pull(hub);
  assertEquals(waits, [17_000, 2000]);
  assertMatch(said[0], /too many requests \(429\); trying again in 17 s$/);
  assertMatch(said[1], /in trouble \(503\); trying again in 2 s$/);
});

Deno.test("the time may be told as a moment", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const retryAfter = new Date(Date.now() + 60_000).toUTCString();
  hub.faults.statuses = [{ status: 503, retryAfter }];
  const [wait] = (await cache.pull(hub)).waits;
  assert(wait > 40_000 && wait <= 60_000, `${wait} ms`);
});

Deno.test("a hub that stays in trouble is given up after a few times", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  hub.faults.statuses = Array.from({ length: 9 }, () => ({ status: 500 }));
  await assertRejects(() => cache.pull(hub), HubError, "(500); run the same command later");
  assertEquals(cache.last.waits, [1000, 2000, 4000, 8000]);
  hub.faults.statuses = [{ status: 429, retryAfter: "7200" }];
  await assertRejects(
    () => cache.pull(hub),
    HubError,
    "(429); run the same command in 120 minutes",
  );
});

Deno.test("a wrong checksum deletes what came and says so", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  hub.faults.isCorrupt = true;
  const error = await assertRejects(() => cache.pull(hub), HubDataError);
  assertMatch(error.message, /^model.safetensors of some-org\/Tiny.Model did not arrive .*deleted/);
  assertEquals((await cache.files("blobs")).filter((name) => /incomplete|^.{64}$/.test(name)), []);
  assertEquals(await cache.files("refs"), []);
  hub.faults.isCorrupt = false;
  hub.faults.isLonger = true;
  await assertRejects(() => cache.pull(hub), HubDataError, "more bytes than announced");
  assertEquals((await cache.files("blobs")).filter((name) => /incomplete|^.{64}$/.test(name)), []);
  hub.faults.isLonger = false;
  await cache.pull(hub);
});

Deno.test("names that lead out of the folder are refused, whatever else is listed", async () => {
  const names = [
    "../../escaped.json",
    "/etc/escaped",
    "a/../../escaped",
    "..\\escaped",
    "C:\\escaped",
    "C:escaped",
    "~/escaped",
    "a//b",
    "",
    "line\nbreak",
  ];
  for (const name of names) {
    await using hub = new FakeHub(tinyModel({ listedOnly: [name] }));
    const cache = await TestCache.make();
    await assertRejects(() => cache.pull(hub), HubDataError, "leads out of its folder");
    assertEquals(await Array.fromAsync(Deno.readDir(cache.path)), [], name);
  }
});

Deno.test("an index that names files elsewhere is refused", async () => {
  for (const shard of ["../x.safetensors", "/x.safetensors", "a/x.safetensors", "x.bin", 7]) {
    const { files } = tinyModel();
    delete files["model.safetensors"];
    files["model.safetensors.index.json"] = JSON.stringify({ weight_map: { a: shard } });
    await using hub = new FakeHub(tinyModel({ files }));
    const cache = await TestCache.make();
    await assertRejects(() => cache.pull(hub), HubDataError, "does not name the files");
    assertEquals(hub.ranges, []);
  }
});

Deno.test("a repository without safetensors or configuration says what it lacks and has", async () => {
  for (
    const [name, extra] of [["model.safetensors", "pytorch_model.bin"], ["config.json", "a.gguf"]]
  ) {
    const files = { ...tinyModel().files, [extra]: "" };
    if (extra === "a.gguf") delete files["pytorch_model.bin"], delete files["onnx/model.onnx"];
    delete files[name];
    await using hub = new FakeHub(tinyModel({ files }));
    const cache = await TestCache.make();
    await assertRejects(() => cache.pull(hub), HubError, `has no ${name} but "${extra}"`);
  }
});

Deno.test("offline, a model that is not there in full is not fetched", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const offline = () => cache.pull(hub, NAME, { isOffline: true });
  await assertRejects(offline, HubError, "HF_HUB_OFFLINE forbids");
  const { folder } = await cache.pull(hub);
  hub.seen.length = 0;
  assertEquals((await offline()).folder, folder);
  await Deno.remove(join(folder, "model.safetensors"));
  await assertRejects(offline, HubError, "HF_HUB_OFFLINE forbids");
  assertEquals(hub.seen, []);
});

Deno.test("a hub that cannot be reached, falls silent or is none is told in words", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const gone = { endpoint: `http://127.0.0.1:${port}` };
  await assertRejects(
    () => cache.pull(hub, NAME, gone),
    HubError,
    "cannot be reached: connection refused",
  );
  assertEquals(cache.last.waits, [1000], "nothing has been begun that a longer wait would save");

  hub.faults.delay = 2000;
  const silent = () => cache.pull(hub, NAME, {}, { stallMilliseconds: 300 });
  assertMatch((await assertRejects(silent, HubError)).message, /has fallen silent|does not answer/);
  hub.faults.delay = 0;

  await using page = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("<html>"),
  );
  const noHub = { endpoint: `http://127.0.0.1:${page.addr.port}` };
  await assertRejects(() => cache.pull(hub, NAME, noHub), HubDataError, "not JSON");
});

Deno.test("a redirect to no web address and an answer without end are not followed", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const answers: [Response, string][] = [
    [new Response(null, { status: 302, headers: { location: "ftp://127.0.0.1/x" } }), "to nowhere"],
    [new Response(new Uint8Array(2 ** 25 + 1).fill(32)), "of more than 33554432 bytes"],
  ];
  for (const [answer, message] of answers) {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    await using server = Deno.serve(options, () => answer);
    const settings = { endpoint: `http://127.0.0.1:${server.addr.port}` };
    await assertRejects(() => cache.pull(hub, NAME, settings), HubDataError, message);
  }
});

Deno.test("hosts that are not permitted are named with the command that permits them", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const { hostname } = new URL(hub.endpoint);
  const location = "https://store.example/x";
  await using sender = Deno.serve(
    { hostname, port: 0, onListen() {} },
    () => new Response(null, { status: 307, headers: { location } }),
  );
  const sent = { endpoint: `http://${hostname}:${sender.addr.port}` };
  await assertRejects(
    () => cache.pull(hub, NAME, sent),
    HubError,
    `run: deno run --allow-net=${hostname}:${sender.addr.port},store.example:443 `,
  );
  const elsewhere = { endpoint: "https://hub.example" };
  await assertRejects(
    () => cache.pull(hub, NAME, elsewhere),
    HubError,
    "may not reach hub.example:443; run: deno run --allow-net=hub.example:443 ",
  );
});

Deno.test("a cache that cannot be written is told before anything is fetched", async () => {
  await using hub = new FakeHub(tinyModel());
  const cache = await TestCache.make();
  const file = join(cache.path, "file");
  await Deno.writeTextFile(file, "");
  const error = await assertRejects(() => cache.pull(hub, NAME, { cache: file }), CacheError);
  assertMatch(error.message, /cannot be written: .*; HF_HUB_CACHE names another folder/);
  assertEquals(
    hub.seen.filter(({ path, method }) => path.startsWith("/cached") && method === "GET"),
    [],
  );
});

Deno.test("a full disk is told with the next step", () => {
  const { message } = cacheError("/a/blob", new Error("No space left on device (os error 28)"));
  assertEquals(
    message,
    "/a/blob cannot be written: No space left on device; " +
      "free some room and run the same command: it goes on where it stopped",
  );
});

Deno.test("a server that says nonsense about sizes and checksums is not believed", async () => {
  const lies: Record<string, string>[] = [
    { "x-linked-etag": '"../../x"', "x-linked-size": "3" },
    { "x-linked-etag": `"${"a".repeat(64)}"`, "x-linked-size": "-1" },
    { "x-linked-etag": `"${"a".repeat(64)}"`, "x-linked-size": "much" },
    {},
  ];
  for (const headers of lies) {
    const cache = await TestCache.make();
    await using hub = new FakeHub(tinyModel());
    const names = Object.keys(tinyModel().files).map((rfilename) => ({ rfilename }));
    const answer = { sha: COMMIT, siblings: names };
    await using liar = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) => url.includes("/api/") ? Response.json(answer) : new Response(null, { headers }),
    );
    const endpoint = `http://127.0.0.1:${liar.addr.port}`;
    await assertRejects(
      () => cache.pull(hub, NAME, { endpoint }),
      HubDataError,
      "size and checksum",
    );
  }
});
