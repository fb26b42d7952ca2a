import { assertEquals } from "@std/assert";
import { tileFact } from "../../../src/cli/doctor/tile_facts.ts";
import type { KeptTiles } from "../../../src/engine/device_tiles.ts";
import { DataError } from "../../../src/format/errors.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { tilesOf } from "../../../src/ops/products/block_tiles.ts";

const GPU = { deviceClass: "hardware" } as Gpu;
const MEASUREMENT = { milliseconds: { tuned: 2, plain: 3 }, date: "2026-01-31" };
const { tiles } = tilesOf(GPU)!;

const factOf = (kept: KeptTiles | null) => tileFact(GPU, () => Promise.resolve(kept));

Deno.test("doctor tells which tiles are others than the table's", async () => {
  assertEquals(await factOf(null), null);
  assertEquals(
    await factOf({ tiles, ...MEASUREMENT }),
    "those of the table, which tune has found to be the fastest; measured on 2026-01-31",
  );
  const other = { rows: 8, rowLanes: 4, input: "direct", ahead: 1 } as const;
  const changed = tiles.map((tile) => tile.rows === 8 ? other : tile);
  assertEquals(
    await factOf({ tiles: changed, manyRowsTile: tiles[4], ...MEASUREMENT }),
    "(8 rows, 4 columns of a lane, direct, 4 octets of a column under way) for prompts (16 rows, " +
      "4 columns of a lane, direct, 4 octets of a column under way) in place of the table's; measured on 2026-01-31",
  );
});

Deno.test("doctor tells that what was kept is damaged, and of other devices nothing", async () => {
  const damaged = () => Promise.reject(new DataError("tiles.json: is not valid JSON"));
  assertEquals(await tileFact(GPU, damaged), "those of the table: tiles.json: is not valid JSON");
  const software = { deviceClass: "software", subgroupSize: 0 } as Gpu;
  assertEquals(await tileFact(software, damaged), null);
});
