/** Every tile that might be the fastest is compiled, which takes a software driver a minute. */
import { assert, assertEquals } from "@std/assert";
import { tuneTiles } from "../../../src/bench/tuning/tiles.ts";
import { BLOCK_TILES, fits, tilesOf } from "../../../src/ops/products/block_tiles.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";

withGpu("tiles are tried for each number of rows and for prompts", async (gpu) => {
  using random = await randomModel(gpu, tiny(), ["F16"]);
  const table = tilesOf(gpu)!;
  const heard: number[] = [];
  const onProgress = (what: string, done: number, total: number) => {
    assertEquals(what, "trying tiles of products");
    heard.push(done / total);
  };
  const { tiles, trials } = await tuneTiles(random.model, { onProgress });
  assertEquals(tilesOf(gpu), table, "the table's tiles are back");
  const fitting = BLOCK_TILES.filter((tile) => fits(tile, gpu.limits));
  const sizes = [...new Set(fitting.map(({ rows }) => rows))];
  assertEquals(trials.map(({ isPrompt }) => isPrompt), [...sizes.map(() => false), true]);
  assertEquals(trials.slice(0, -1).map(({ rows }) => rows), sizes);
  for (const { table, chosen, seconds, isPrompt, rows } of trials) {
    assert(fitting.includes(chosen) || chosen === table);
    assert(isPrompt || chosen.rows === rows);
    assert(seconds.chosen > 0 && (chosen === table || seconds.chosen < 0.97 * seconds.table));
    const used = isPrompt ? tiles.manyRowsTile ?? table : tiles.tiles.find((t) => t.rows === rows);
    assertEquals(used, chosen);
  }
  assertEquals(tiles.tiles.map(({ rows }) => rows), table.tiles.map(({ rows }) => rows));
  assertEquals(heard, heard.toSorted((a, b) => a - b));
}, { profile: "gpu" });
