/**
 * Texts whose attention goes over several spans: another implementation's ids, whether a workgroup walks through all
 * spans of a row, as where there are many rows and while the cache is small, or each span has workgroups of its own.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createDecoder } from "../../src/decode/decoder.ts";
import { ParallelDecoder } from "../../src/decode/parallel_decoder.ts";
import { Safetensors } from "../../src/format/safetensors/safetensors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { requestGpu } from "../../src/gpu/request_gpu.ts";
import { loadTransformer } from "../../src/model/loading/load.ts";
import { readConfig } from "../../src/model/read_config.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { GREEDY } from "../../src/ops/choose.ts";
import { DECODING_VARIANTS, HARDWARE, IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import golden from "../golden/long_contexts.json" with { type: "json" };
import { draftingMethods, GOLDENS, WIDE_TREES } from "../model/goldens/architecture_goldens.ts";
import { collect } from "./collect.ts";

/** Soft caps, and sinks, both beside windows. */
const KINDS = ["gemma2", "gpt-oss"] as const;

async function load(gpu: Gpu, kind: typeof KINDS[number]): Promise<Transformer> {
  const folder = join(GOLDENS, kind);
  using tensors = await Safetensors.open(folder);
  const config = { ...await readConfig(folder), contextLength: golden.context };
  return await loadTransformer(gpu, config, tensors, { contextLength: golden.context });
}

/** A chain and a tree of drafts, most of them right, beside none. */
const METHODS = IS_SECOND_DRIVER
  ? [undefined]
  : [undefined, "all layers draft", "hidden transfer after it"];

Deno.test("kernels of long texts are compiled before a text that may become long", async () => {
  using gpu = await requestGpu(HARDWARE.options);
  using model = await load(gpu, "gemma2");
  using decoder = createDecoder(model);
  const ofSpans = () => [...gpu.pipelines].filter(([kernel]) => kernel.includes("_spans"));
  const request = { promptLengths: [], sampling: GREEDY };
  await decoder.compile({ ...request, positions: 1024 });
  assertEquals(ofSpans(), []);
  await decoder.compile({ ...request, positions: 1025 });
  assertEquals(ofSpans().map(([, { isCompiled }]) => isCompiled), [true, true]);
});

for (const { title, options, isOwn } of DECODING_VARIANTS) {
  for (const kind of IS_SECOND_DRIVER ? KINDS.slice(0, 1) : KINDS) {
    const { prompt_ids: promptIds, greedy_ids: expected } = golden.kinds[kind];
    withGpu(
      `${title}: ${kind} goes on as the library does after ${promptIds.length} tokens`,
      async (gpu) => {
        using model = await load(gpu, kind);
        using resources = new DisposableStack();
        const methods = draftingMethods(model, WIDE_TREES, resources);
        for (const name of METHODS) {
          const method = name === undefined ? undefined : methods.get(name)!.method;
          using decoder = createDecoder(model, { kv: "f32" }, method);
          const request = {
            promptIds,
            maxTokens: expected.length,
            sampling: GREEDY,
            eosTokenIds: [],
          };
          const { ids } = await collect(decoder, request);
          assertEquals(ids, expected, name);
        }
      },
      options,
    );
  }

  if (isOwn) continue; // It takes a pass for each token.
  withGpu(`${title}: long texts side by side are those of each alone`, async (gpu) => {
    using model = await load(gpu, "gemma2");
    const { prompt_ids: promptIds } = golden.kinds.gemma2;
    const request = { promptIds, maxTokens: 12, sampling: GREEDY, eosTokenIds: [] }; // Up to position 1,026.
    using decoder = createDecoder(model);
    const { ids } = await collect(decoder, request);
    using parallel = new ParallelDecoder(model, { rows: 2, length: promptIds.length + ids.length });
    const short = { ...request, promptIds: promptIds.slice(1, 500) };
    for await (const result of parallel.decode([short, request])) {
      if (result.index === 1) assertEquals(result.ids, ids);
    }
  }, options);
}
