import { assertEquals } from "@std/assert";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { createDecoder } from "../../../src/decode/decoder.ts";
import type { CachedText, Decoder } from "../../../src/decode/types.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import { randomModel } from "../../model/random_model.ts";
import { collect } from "../collect.ts";

/** As many new tokens are read by the kernels that serve any rows. */
const FEW = 20;
const GENERATED = 8;

/**
 * Reads a prompt of `length` tokens as the device reads long prompts, then its last rows again a few at
 * a time: keys, values and generated ids must be equal, bit for bit.
 *
 * @param known how many of the tokens are not read: random keys and values stand for them.
 */
export async function checkLongPrompt(
  gpu: Gpu,
  config: ModelConfig,
  length: number,
  known = 0,
): Promise<void> {
  using random = await randomModel(gpu, config, ["F16"]);
  using decoder = createDecoder(random.model);
  const prompt = Array.from({ length }, (_, i) => (i * i + 3 * i) % config.vocabSize);
  if (known > 0) await decoder.restore(randomText(config, prompt.slice(0, known)));
  const whole = await readAndGenerate(decoder, prompt);
  assertEquals(whole.read, length - known);
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

/** A text with keys and values, halves, of which some thousands come again and again. */
function randomText(
  { layerCount, kvHeadCount, headDim }: ModelConfig,
  ids: readonly number[],
): CachedText {
  const some = Float16Array.from(randomNormals(9973, 1));
  const layer = Float16Array.from(
    { length: 2 * kvHeadCount * ids.length * headDim },
    (_, i) => some[i % some.length],
  );
  const layers = Array.from({ length: layerCount }, () => new Uint8Array(layer.buffer));
  return { ids, layers: () => ReadableStream.from(layers) };
}
