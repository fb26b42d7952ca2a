/** What is counted before a model is loaded is what it takes, and what does not fit is refused. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { type LlamaSizes, writeSparseModel } from "../../../src/bench/engine/sparse_model.ts";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { DRAFTING_METHODS } from "../../../src/draft/registry.ts";
import { DEMO_FOLDER } from "../../../src/engine/demo_folder.ts";
import { FolderAssets } from "../../../src/engine/drafting/draft_assets.ts";
import { DraftingDecoder } from "../../../src/engine/drafting/drafting.ts";
import {
  type MemoryRequest,
  planMemory,
  requireMemory,
} from "../../../src/engine/memory/memory_plan.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { OutOfMemoryError } from "../../../src/gpu/errors.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { loadTransformer } from "../../../src/model/loading/load.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { withGpu } from "../../gpu/with_gpu.ts";

const GOLDENS = fromFileUrl(new URL("../../golden/architectures/", import.meta.url));
const CONTEXT = 48;

for (const { name } of [...Deno.readDirSync(GOLDENS)].filter(({ isDirectory }) => isDirectory)) {
  withGpu(`the plan of ${name} is what it takes`, async (gpu) => {
    const { config } = await ModelFolder.open(join(GOLDENS, name));
    using tensors = await Safetensors.open(join(GOLDENS, name));
    const open = (model: Transformer) => createDecoder(model, { cachePositions: CONTEXT });
    const plan = await planMemory(gpu, {
      ...{ name, config, tensors, contextLength: CONTEXT },
      openDecoder: (model) => Promise.resolve(void open(model)),
    });
    const before = gpu.liveBytes;
    using model = await loadTransformer(gpu, config, tensors, { contextLength: CONTEXT });
    using _decoder = open(model);
    assertEquals(gpu.liveBytes - before, plan.total);
    assertEquals(gpu.liveBytesOf("rotation table") + gpu.liveBytesOf("cache"), plan.context);
  });
}

for (const { name } of DRAFTING_METHODS) {
  withGpu(`the plan counts what ${name} drafts with`, async (gpu) => {
    const folder = await ModelFolder.open(DEMO_FOLDER);
    using tensors = await Safetensors.open(DEMO_FOLDER);
    const request = { ...folder, config: folder.config, tensors, contextLength: 256 };
    const open = async (model: Transformer) => {
      const assets = await FolderAssets.open(folder);
      const decoder = new DraftingDecoder(model, assets, { cachePositions: model.contextLength });
      await decoder.use({ method: name });
      return [assets, decoder];
    };
    const plan = await planMemory(gpu, {
      ...request,
      openDecoder: async (m) => void await open(m),
    });
    const before = gpu.liveBytes;
    using model = await loadTransformer(gpu, folder.config, tensors, { contextLength: 256 });
    const made = await open(model);
    assertEquals(gpu.liveBytes - before, plan.total);
    for (const resource of made.reverse()) resource[Symbol.dispose]();
  });
}

/** Sizes of a model of 106.6 GB, of which only the header is there. */
const HUGE: LlamaSizes = {
  hidden_size: 8192,
  intermediate_size: 28672,
  num_hidden_layers: 62,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  head_dim: 128,
};
/** Two layers, whose cache takes 1,024 bytes per position and layer in f16. */
const SMALL: LlamaSizes = {
  hidden_size: 256,
  intermediate_size: 512,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  head_dim: 64,
};

withGpu(
  "weights that are larger than the memory are refused at once, with what there is",
  async (gpu) => {
    const message = await refusal(gpu, HUGE, { contextLength: 2048 }, 24e9);
    assertStringIncludes(message, "it takes 106.6 GB of weights");
    assertStringIncludes(message, "where 24.0 GB of memory are free");
    assertStringIncludes(message, "a smaller model is needed");
  },
);

for (const contextLength of [2_000_000, 16_000_000]) {
  withGpu(
    `a context of ${contextLength} is refused at once, and one that fits is named`,
    async (gpu) => {
      const message = await refusal(gpu, SMALL, { contextLength }, null);
      assertStringIncludes(message, `with ${contextLength.toLocaleString("en")} tokens of context`);
      const [, fitting] = message.match(/--context-length (\d+)$/)!;
      await withModel(
        SMALL,
        { contextLength: Number(fitting) },
        (request) => requireMemory(gpu, request, null),
      );
      const more = await refusal(gpu, SMALL, { contextLength: Number(fitting) + 256 }, null);
      assertStringIncludes(more, `--context-length ${fitting}`);
    },
  );
}

withGpu("keys and values of half the size are named where they fit", async (gpu) => {
  const inF16 = await withModel(
    SMALL,
    { contextLength: 4096 },
    (request) => planMemory(gpu, request),
  );
  const message = await refusal(gpu, SMALL, { contextLength: 4096, kv: "f32" }, inF16.total);
  assertStringIncludes(message, "--kv f16; or a context of");
});

withGpu("the cache that is copied when it grows is counted beside the grown one", async (gpu) => {
  const workOf = (contextLength: number) =>
    withModel(SMALL, { contextLength }, async (request) => (await planMemory(gpu, request)).work);
  const [never, once, often] = [await workOf(512), await workOf(520), await workOf(4096)];
  assertEquals([once - never, often - never], [512, 2048].map((positions) => positions * 2 * 1024));
});

/** What a plan for such a model is refused with, within two seconds. */
async function refusal(
  gpu: Gpu,
  sizes: LlamaSizes,
  options: Pick<MemoryRequest, "contextLength" | "kv">,
  available: number | null,
): Promise<string> {
  return await withModel(sizes, options, async (request) => {
    const before = gpu.liveBytes;
    const start = performance.now();
    const error = await assertRejects(
      () => requireMemory(gpu, request, available),
      OutOfMemoryError,
    );
    assert(performance.now() - start < 2000, "it took longer than two seconds");
    assertEquals(gpu.liveBytes, before, "something was made on the device");
    return error.message;
  });
}

/** Runs with a request about a model of which nothing but the header was written. */
async function withModel<Result>(
  sizes: LlamaSizes,
  options: Pick<MemoryRequest, "contextLength" | "kv">,
  use: (request: MemoryRequest) => Promise<Result>,
): Promise<Result> {
  const folder = await Deno.makeTempDir();
  await writeSparseModel(folder, sizes);
  const { config } = await ModelFolder.open(folder);
  using tensors = await Safetensors.open(folder);
  return await use({
    name: "model",
    config: { ...config, contextLength: options.contextLength },
    tensors,
    openDecoder: (model, kv) =>
      Promise.resolve(void createDecoder(model, { kv, cachePositions: model.contextLength })),
    ...options,
  });
}
