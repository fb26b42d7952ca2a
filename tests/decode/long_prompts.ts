import { assertEquals } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import { type Decoder, GREEDY } from "../../src/decode/types.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { randomModel } from "../model/random_model.ts";
import { collect } from "./collect.ts";

/** As many new tokens are read by the kernels that serve any rows. */
const FEW = 20;
const GENERATED = 8;

/**
 * Reads a prompt of `length` tokens as the device reads long prompts, then its last rows again a few at
 * a time: keys, values and generated ids must be equal, bit for bit.
 */
export async function checkLongPrompt(
  gpu: Gpu,
  config: ModelConfig,
  length: number,
): Promise<void> {
  using random = await randomModel(gpu, config, ["F16"]);
  using decoder = createDecoder(random.model);
  const prompt = Array.from({ length }, (_, i) => (i * i + 3 * i) % config.vocabSize);
  const whole = await readAndGenerate(decoder, prompt);
  assertEquals(whole.read, length);
  const beginning = prompt.slice(0, length - FEW);
  await readAndGenerate(decoder, [...beginning, (prompt[length - FEW] + 1) % config.vocabSize]);
  const few = await readAndGenerate(decoder, prompt);
  assertEquals(few.read, FEW);
  assertEquals(few.ids, whole.ids);
  assertEquals(few.layers, whole.layers);
}

async function readAndGenerate(decoder: Decoder, promptIds: readonly number[]) {
  const request = { maxTokens: GENERATED, sampling: GREEDY, eosTokenIds: [] };
  const { ids, computedPromptTokens: read } = await collect(decoder, { ...request, promptIds });
  return { ids, read, layers: await Array.fromAsync(decoder.cached.layers()) };
}
