/** Tiles that were measured on a device serve every model that is opened there, and damaged ones do no harm. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { findTiles, keepTiles, openGpu, useKeptTiles } from "../../src/engine/device_tiles.ts";
import { DataError } from "../../src/format/errors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { requestGpu } from "../../src/gpu/request_gpu.ts";
import type { BlockTiles } from "../../src/ops/layouts.ts";
import { BLOCK_TILES, tilesOf } from "../../src/ops/products/block_tiles.ts";
import { PROFILES } from "../../src/ops/profiles.ts";

const GPU = { profile: "gpu" };
/** Of each number of rows the last that is tried. */
const LAST = BLOCK_TILES.filter(({ rows }, i) => BLOCK_TILES[i + 1]?.rows !== rows);
const TILES: BlockTiles = { tiles: LAST, manyRowsTile: LAST[4] };
const KEPT = { ...TILES, milliseconds: { tuned: 2, plain: 3 }, date: "2026-01-31" };

/** Runs with a folder of its own as the program's; hears where it keeps tiles. */
async function withStateFolder(
  run: (path: string) => Promise<void>,
  folder?: string,
): Promise<void> {
  const before = Deno.env.get("XDG_STATE_HOME");
  const state = folder ?? await Deno.makeTempDir();
  Deno.env.set("XDG_STATE_HOME", state);
  try {
    await run(join(state, "foretoken", "tiles.json"));
  } finally {
    if (before === undefined) Deno.env.delete("XDG_STATE_HOME");
    else Deno.env.set("XDG_STATE_HOME", before);
  }
}

/** The tiles of a device as it is opened. */
async function openedTiles(): Promise<BlockTiles | null> {
  using gpu = await openGpu(GPU);
  return tilesOf(gpu);
}

const { product } = PROFILES.gpu.layouts;
assert(product.kernel === "matmul_blocks");
const TABLE: BlockTiles = { tiles: product.tiles };

Deno.test("tiles that were kept are those of every device that is opened", async () => {
  await withStateFolder(async (path) => {
    assertEquals(await openedTiles(), TABLE);
    using gpu = await requestGpu(GPU);
    assertEquals(await keepTiles(gpu, KEPT), path);
    assertEquals(await findTiles(gpu), KEPT);
    assertEquals([...Deno.readDirSync(dirname(path))].map(({ name }) => name), ["tiles.json"]);
    assertEquals(await openedTiles(), TILES);
    assertEquals(tilesOf(gpu), TABLE);
    useKeptTiles(gpu, KEPT);
    assertEquals(tilesOf(gpu), TILES);
  });
});

Deno.test("tiles of another device, or of other kernels, count as none", async () => {
  await withStateFolder(async (path) => {
    using gpu = await requestGpu(GPU);
    const { info, limits, deviceClass, profile } = gpu;
    const other = { name: "another GPU", info, limits, deviceClass, profile } as Gpu;
    await keepTiles(other, KEPT);
    assertEquals([await findTiles(other), await findTiles(gpu)], [KEPT, null]);
    await keepTiles(gpu, KEPT);
    const content = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...content, fingerprint: "older" }));
    assertEquals([await findTiles(gpu), await openedTiles()], [null, TABLE]);
  });
});

Deno.test("a device whose products have no tiles looks for none", async () => {
  await withStateFolder(async (path) => {
    await Deno.mkdir(dirname(path));
    await Deno.writeTextFile(path, "{");
    using gpu = await openGpu({ profile: "scalar" });
    assertEquals(await findTiles(gpu), null);
  });
});

Deno.test("a damaged file is told to those who ask, and no model suffers from it", async () => {
  await withStateFolder(async (path) => {
    using gpu = await requestGpu(GPU);
    await keepTiles(gpu, KEPT);
    const whole = await Deno.readTextFile(path);
    for (const content of ["{", whole.replace('"staged"', '"carried"'), whole.slice(0, -20)]) {
      await Deno.writeTextFile(path, content);
      await assertRejects(() => findTiles(gpu), DataError, path);
      assertEquals(await openedTiles(), TABLE);
    }
    await keepTiles(gpu, KEPT);
    assertEquals(await openedTiles(), TILES);
  });
});

/** Where tiles are kept that a program may not read. */
const CLOSED = await Deno.makeTempDir();

Deno.test("a program that may read the user's folder has the tiles that are kept there", async () => {
  await withStateFolder(async () => {
    using gpu = await requestGpu(GPU);
    await keepTiles(gpu, KEPT);
    assertEquals(await openedTiles(), TILES);
  }, CLOSED);
});

Deno.test({
  name: "a program that may not read the user's folder has the table's tiles",
  permissions: { read: false, env: ["XDG_STATE_HOME", "DENO_WEBGPU_BACKEND", "XDG_RUNTIME_DIR"] },
  fn: async () => {
    await withStateFolder(async () => assertEquals(await openedTiles(), TABLE), CLOSED);
  },
});
