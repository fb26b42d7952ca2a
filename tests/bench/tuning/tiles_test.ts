/** Which tiles are taken for the fastest. */
import { assertEquals, assertRejects } from "@std/assert";
import { fasterThanFirst, tuneTiles } from "../../../src/bench/tuning/tiles.ts";
import { tableProfileOf } from "../../../src/ops/profiles.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";

const CONFIG = tiny();

Deno.test("another thing is taken if it is faster by more than the noise", () => {
  const first = [10, 11, 10, 10, 12, 10, 10];
  const by = (factor: number) => first.map((seconds) => factor * seconds);
  assertEquals(fasterThanFirst([first]), 0);
  assertEquals(fasterThanFirst([first, by(1.2), by(0.9), by(0.95)]), 2);
  assertEquals(fasterThanFirst([first, by(0.98)]), 0);
  assertEquals(fasterThanFirst([first, by(1.3)]), 0);
});

Deno.test("a thing that is faster in some rounds alone is not taken", () => {
  const first = [10, 10, 10, 10, 10, 10, 10];
  assertEquals(fasterThanFirst([first, [5, 5, 5, 5, 11, 11, 11]]), 0);
  assertEquals(fasterThanFirst([first, [5, 5, 5, 5, 5, 11, 11]]), 1);
});

withGpu("products that have no tiles have none to be tried", async (gpu) => {
  if (tableProfileOf(gpu).layouts.product.kernel === "matmul_blocks") return;
  using random = await randomModel(gpu, CONFIG, ["F16"]);
  await assertRejects(() => tuneTiles(random.model), RangeError, "no tiles to choose from");
});
