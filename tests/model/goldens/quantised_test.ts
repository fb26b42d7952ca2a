/** Quantised checkpoints of every format hold what their libraries say, and are decoded as that. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { GREEDY } from "../../../src/ops/choose.ts";
import { sha256 } from "../../../src/format/digest.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { WeightLoader } from "../../../src/model/loading/weight_loader.ts";
import { freeWeightMatrix } from "../../../src/ops/products/weights.ts";
import { readMatrix } from "../../../src/train/read_matrix.ts";
import { collect } from "../../decode/collect.ts";
import { DECODING_VARIANTS, IS_SECOND_DRIVER, OWN, withGpu } from "../../gpu/with_gpu.ts";
import { assertDraftsChangeNothing } from "./architecture_drafting.ts";
import { exactDecoder, loadGolden } from "./architecture_goldens.ts";

const GOLDENS = fromFileUrl(new URL("../../golden/quantised", import.meta.url));
const KINDS = [...Deno.readDirSync(GOLDENS)].map(({ name }) => name).sort();

/** Of each kind of codes one, weights out of order and experts among them, for what takes longer. */
const SOME_KINDS = ["mlx-mixed", "gptq-8b-v2-ordered", "bnb-nf4-double", "ct-fp8-block", "mxfp4"];

interface Golden {
  /** SHA-256 of the weights of quantised modules, f32 [rows, inner], by the modules' names. */
  weights: Record<string, string>;
  /** Rows of each of them, and their length; matrices before them, if those of experts stand in one tensor. */
  sizes: Record<string, [...matrices: number[], rows: number, inner: number]>;
  cases: { prompt_ids: number[]; greedy_ids: number[] }[];
}

async function goldenOf(kind: string): Promise<Golden> {
  return JSON.parse(await Deno.readTextFile(join(GOLDENS, kind, "golden.json")));
}

for (const kind of KINDS) {
  withGpu(`${kind}: weights are the library's, bit for bit`, async (gpu) => {
    const folder = join(GOLDENS, kind);
    using tensors = await Safetensors.open(folder);
    const { quantization } = await readConfig(folder);
    const { weights, sizes } = await goldenOf(kind);
    assert(Object.keys(weights).length >= 8);
    for (const [module, expected] of Object.entries(weights)) {
      const inner = sizes[module].at(-1)!;
      const rows = sizes[module].slice(0, -1).reduce((all, size) => all * size);
      const stack = sizes[module].length === 3 ? sizes[module][0] : undefined;
      using loader = new WeightLoader(gpu, tensors, quantization);
      const name = `${module}.weight`;
      const matrix = loader.matrix({ label: module, parts: [{ name, rows, stack }], inner });
      await loader.upload();
      const numbers = (await readMatrix(gpu, matrix)).subarray(0, rows * inner);
      freeWeightMatrix(gpu, matrix);
      assertEquals(await sha256(new Uint8Array(numbers.buffer, 0, numbers.byteLength)), expected);
    }
  });

  const variants = SOME_KINDS.includes(kind) ? DECODING_VARIANTS : [OWN];
  for (const { title, options } of variants) {
    withGpu(`${title}: ${kind} is decoded as its weights in float64`, async (gpu) => {
      using model = await loadGolden(gpu, join(GOLDENS, kind), 64);
      using decoder = exactDecoder(model);
      for (const { prompt_ids: promptIds, greedy_ids: expected } of (await goldenOf(kind)).cases) {
        const { ids } = await collect(decoder, {
          promptIds,
          maxTokens: expected.length,
          sampling: GREEDY,
          eosTokenIds: model.config.eosTokenIds,
        });
        assertEquals(ids, expected);
      }
    }, options);
  }
}

/** The long tests, which the second driver has none of, draft with all kinds. */
for (const kind of SOME_KINDS.slice(IS_SECOND_DRIVER ? 0 : 1, 2)) {
  withGpu(`${kind} says the same with drafts of every method`, async (gpu) => {
    const { cases } = await goldenOf(kind);
    const everyMethod = !IS_SECOND_DRIVER;
    await assertDraftsChangeNothing(gpu, join(GOLDENS, kind), cases, { everyMethod });
  });
}
