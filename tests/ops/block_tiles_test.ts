/** Whichever tiles are chosen for a device, they fit it, and products of experts agree about them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { BlocksLayout, BlockTile, BlockTiles } from "../../src/ops/layouts.ts";
import { BLOCK_TILES, blockTile, TILE_ROWS, tilesOf } from "../../src/ops/products/block_tiles.ts";
import { expertTile } from "../../src/ops/products/expert_matrices.ts";
import { canAddToStream } from "../../src/ops/products/product_input.ts";
import { tilingOf } from "../../src/ops/products/tilings.ts";
import { MAX_ROW_TILE, profileOf, PROFILES, useTiles } from "../../src/ops/profiles.ts";
import { VENDOR_LAYOUTS } from "../../src/ops/vendor_layouts.ts";
import { padRows } from "../../src/ops/rows.ts";

/** Workgroup memory of GPUs, from the least that WebGPU allows on. */
const MEMORIES = [16384, 32768, 49152, 65536];

const ROW_COUNTS = [1, 2, 3, 4, 5, 8, 12, 16, 20, 32, 33, 64, 512];

/** Tiles of every size: what they take of workgroup memory does not depend on how else the input comes. */
const SIZES = BLOCK_TILES.filter(({ rows, rowLanes, input }, i) =>
  i === BLOCK_TILES.findIndex((tile) =>
    tile.rows === rows && tile.rowLanes === rowLanes &&
    (tile.input === "uniform") === (input === "uniform")
  )
);

/** Every choice of tiles: one for each number of rows, and one for more. */
function* allChoices(): Generator<BlockTiles> {
  const bySize = TILE_ROWS.map((rows) => SIZES.filter((tile) => tile.rows === rows));
  const combinations = bySize.reduce<BlockTile[][]>(
    (all, some) => all.flatMap((tiles) => some.map((tile) => [...tiles, tile])),
    [[]],
  );
  for (const tiles of combinations) {
    yield { tiles };
    for (const manyRowsTile of SIZES) yield { tiles, manyRowsTile };
  }
}

/** Bytes of workgroup memory, counted from what the kernel and its input's norm declare. */
function workgroupBytes(layout: BlocksLayout, rowCount: number, memory: number): number {
  const sizes = [64, 4096, 22016].map((columns) => {
    const limits = { maxComputeWorkgroupStorageSize: memory };
    const tiling = tilingOf(layout, { rowCount, inner: 4096, columns }, limits);
    const { rows, workgroup, constants: { LANES, ROW_LANES, LANE_COLUMNS } } = tiling;
    if (tiling.kernel === "matmul_uniform") {
      return 4 * (Math.max(4 * 2 * 64, rows * workgroup * LANE_COLUMNS) + rows);
    }
    const [columnLanes, parts] = [LANES / ROW_LANES, workgroup / LANES];
    const scratch = Math.max(rows / ROW_LANES, columnLanes * parts * rows / (4 * 64));
    return 16 * 4 * 65 * scratch + 2 * 4 * rows;
  });
  return Math.max(...sizes);
}

Deno.test("a tile fits the device's workgroup memory, whatever was chosen", () => {
  for (const memory of MEMORIES) {
    const limits = { maxComputeWorkgroupStorageSize: memory };
    const served = new Set<BlockTile>();
    for (const choice of allChoices()) {
      for (const rowCount of ROW_COUNTS) served.add(blockTile(choice, rowCount, limits));
    }
    assert(served.size >= 5, `${served.size} tiles fit ${memory}`);
    for (const tile of served) {
      const layout = { kernel: "matmul_blocks", weightOrder: "blocks", tiles: [tile] } as const;
      const bytes = workgroupBytes(layout, tile.rows, memory);
      assert(bytes <= memory, `${JSON.stringify(tile)} takes ${bytes} of ${memory}`);
    }
  }
});

Deno.test("rows of experts have tiles of as many, and of no fewer the more there are", () => {
  for (const memory of MEMORIES) {
    const limits = { maxComputeWorkgroupStorageSize: memory } as GPUSupportedLimits;
    const gpu = { deviceClass: "hardware", limits } as Gpu;
    for (const choice of allChoices()) {
      useTiles(gpu, choice);
      let before = 1;
      for (const rowCount of ROW_COUNTS) {
        const tileRows = expertTile(gpu, { rowCount, experts: 4, chosen: 2 });
        assert(tileRows >= before, JSON.stringify(choice));
        assertEquals(blockTile(choice, tileRows, limits).rows, tileRows, JSON.stringify(choice));
        before = tileRows;
      }
    }
  }
});

Deno.test("tiles keep to the registers and loads of their kernel", () => {
  const ofVendors = [...VENDOR_LAYOUTS.values()].flatMap((
    { tiles, manyRowsTile },
  ) => [...tiles ?? [], manyRowsTile]);
  for (const { rows, rowLanes, input, ahead } of [...BLOCK_TILES, ...ofVendors]) {
    assert(rows % rowLanes === 0 && rows / rowLanes <= 8 && rows <= MAX_ROW_TILE);
    assert(ahead * rowLanes <= 4);
    if (input === "uniform") assert(rows % 4 === 0 && rows <= 16 && rowLanes <= 2);
  }
});

Deno.test("a vendor's tiles are of those that tune can keep", () => {
  for (const { tiles = [], manyRowsTile } of VENDOR_LAYOUTS.values()) {
    const known = BLOCK_TILES.map((tile) => JSON.stringify(tile));
    for (const tile of [...tiles, manyRowsTile]) assert(known.includes(JSON.stringify(tile)));
    assert(tiles.every(({ rows }, i) => i === 0 ? rows === 1 : rows > tiles[i - 1].rows));
  }
});

Deno.test("more rows than the stream has room for are never added on the way", () => {
  for (const memory of MEMORIES) {
    const limits = { maxComputeWorkgroupStorageSize: memory, maxStorageBuffersPerShaderStage: 16 };
    const gpu = { deviceClass: "hardware", limits } as Gpu;
    for (const manyRowsTile of [undefined, ...BLOCK_TILES]) {
      const { tiles } = tilesOf(gpu)!;
      useTiles(gpu, { tiles, ...(manyRowsTile && { manyRowsTile }) });
      const adding = ROW_COUNTS.filter((rowCount) => canAddToStream(gpu, rowCount));
      assert(adding.includes(1) && adding.every((rowCount) => rowCount <= padRows(1)), `${adding}`);
    }
  }
});

Deno.test("a device has the tiles that it was given, until it gets the table's again", () => {
  const gpu = { deviceClass: "hardware" } as Gpu;
  const [tile] = BLOCK_TILES;
  const table = tilesOf(gpu);
  useTiles(gpu, { tiles: [tile], manyRowsTile: tile });
  assertEquals(tilesOf(gpu), { tiles: [tile], manyRowsTile: tile });
  assertEquals(profileOf(gpu).name, "gpu");
  assertEquals(tilesOf({ deviceClass: "hardware" } as Gpu), table, "another device was given them");
  useTiles(gpu, null);
  assertEquals(profileOf(gpu), PROFILES.gpu);
  const other = { deviceClass: "software", subgroupSize: 8 } as Gpu;
  useTiles(other, null);
  assertEquals(tilesOf(other), null);
  assertThrows(() => useTiles(other, { tiles: [tile] }), RangeError, "subgroup8 has no such tiles");
});
