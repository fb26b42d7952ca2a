import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { writeSparseModel } from "../../../src/bench/engine/sparse_model.ts";
import { obstacleOf, obstacleOn } from "../../../src/cli/pull/obstacle.ts";
import { DEMO_FOLDER } from "../../../src/engine/demo_folder.ts";
import { withGpu } from "../../gpu/with_gpu.ts";

const SIZES = {
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  head_dim: 64,
};

withGpu("a model whose context does not fit the device has that as its obstacle", async (gpu) => {
  assertEquals(await obstacleOn(gpu, DEMO_FOLDER), null);
  const folder = await Deno.makeTempDir();
  await writeSparseModel(folder, SIZES);
  const path = join(folder, "config.json");
  const config = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...config, max_position_embeddings: 2 ** 24 }));
  assertEquals(await obstacleOf(folder), null);
  const obstacle = await obstacleOn(gpu, folder) ?? "";
  assertStringIncludes(obstacle, "does not fit");
  assertStringIncludes(obstacle, "fits: --context-length ");
});
