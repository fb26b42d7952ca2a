import { unpackHalves } from "../../src/checks/oracles/numbers/half.ts";
import { llamaPlan, type ReferenceConfig } from "../reference/config.ts";
import type { ModelFloats, Tensor } from "../reference/model.ts";

const DEMO = new URL("../../weights/demo/", import.meta.url);

/** The demo model's weights, read by the shortest safetensors reader there is (F16 only). */
export async function demoWeights(): Promise<ModelFloats> {
  const file = await Deno.readFile(new URL("model.safetensors", DEMO));
  const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }> = JSON
    .parse(new TextDecoder().decode(file.subarray(8, 8 + headerLength)));
  const weights = new Map<string, Tensor>();
  delete header.__metadata__;
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(header)) {
    if (dtype !== "F16") throw new Error(`${name} is ${dtype}, expected F16`);
    const bytes = file.subarray(8 + headerLength + from, 8 + headerLength + to);
    weights.set(name, { shape, data: unpackHalves(bytes, "F16") });
  }
  return weights;
}

/** The demo model's sizes; a test compares them with its config.json. */
export const DEMO_CONFIG: ReferenceConfig = {
  hiddenSize: 256,
  intermediateSize: 704,
  layerCount: 8,
  headCount: 8,
  kvHeadCount: 4,
  headDim: 32,
  vocabSize: 4096,
  normEpsilon: 1e-5,
  tieWordEmbeddings: true,
  ...llamaPlan({ layerCount: 8, headDim: 32, ropeTheta: 10000, ropeScaling: null }),
};

/** The ids that end the demo model's text. */
export const DEMO_END_TOKENS = [0, 4];

/** One case of tests/golden/demo_model.json, the fields used here. */
export interface GoldenCase {
  prompt: string;
  prompt_ids: number[];
  greedy_ids: number[];
  last_logits_top: [id: number, logit: number][];
  last_logits_sum: number;
  last_logits_norm: number;
}

/** Logits and ids that another implementation computed in float64. */
export async function goldenCases(): Promise<GoldenCase[]> {
  const path = new URL("../golden/demo_model.json", import.meta.url);
  return JSON.parse(await Deno.readTextFile(path)).cases;
}

/** The demo model's config.json as it is on disk. */
export async function demoConfigJson(): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(new URL("config.json", DEMO)));
}
