import { TransferPass } from "../../../src/train/hidden_transfer/transfer_pass.ts";
import { TransferWeights } from "../../../src/train/hidden_transfer/transfer_weights.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { assertDefinition } from "../definition.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { transferForward, transferLoss } from "../../reference/transfer.ts";

/** What is trained, and on what. */
export interface GradientCase {
  title: string;
  config: ModelConfig;
  /** Layer of each step. */
  layers: readonly number[];
  /** Tokens of the text. */
  length: number;
  /** "kl" if left out. */
  loss?: "kl" | "ce";
  /** Layers that the chosen token passes alone; left out without it. */
  tokenLayer?: number;
  /** Positions from one origin to the next, and the first origin; all positions are origins if left out. */
  every?: { distance: number; first: number };
}

/** Llamas, layers and lengths whose whole gradient is checked; sizes are odd on purpose. */
export const LLAMA_CASES: readonly GradientCase[] = [
  { title: "one step, last layer", config: tiny(), layers: [1], length: 9 },
  {
    title: "three steps, a text that fills the context",
    config: tiny({ contextLength: 21 }),
    layers: [0, 0, 0],
    length: 21,
  },
  {
    title: "three steps from the chosen token",
    config: tiny({ layerCount: 3 }),
    layers: [2, 2, 2],
    length: 21,
    tokenLayer: 1,
  },
  {
    title: "four steps from the chosen token, after every other position",
    config: tiny({ layerCount: 3 }),
    layers: [1, 1, 1, 1],
    length: 22,
    tokenLayer: 1,
    every: { distance: 2, first: 0 },
  },
  {
    title: "three steps after every third position",
    config: tiny({ layerCount: 3 }),
    layers: [1, 1, 2],
    length: 24,
    loss: "ce",
    every: { distance: 3, first: 1 },
  },
  {
    title: "four steps from several layers",
    config: tiny({ layerCount: 4, tieWordEmbeddings: true, headDim: 16 }),
    layers: [1, 1, 2, 3],
    length: 18,
  },
  {
    title: "cross entropy, one query head per key head",
    config: tiny({ kvHeadCount: 4, vocabSize: 70, hiddenSize: 24, intermediateSize: 40 }),
    layers: [0, 1],
    length: 70,
    loss: "ce",
  },
];

/** A case of an architecture. */
export function caseOf(config: ModelConfig): GradientCase {
  const { architecture: title } = config;
  return { title, config, layers: [1, 2], length: 19 };
}

/** The loss of a text and the gradient of every map are those of the definition in plain TypeScript. */
export async function assertGradient(
  gpu: Gpu,
  { config, layers, length, loss = "kl", tokenLayer, every }: GradientCase,
): Promise<void> {
  using random = await randomModel(gpu, config, ["F32", "F16", "BF16"]);
  const { model, weights } = random;
  const { hiddenSize, vocabSize } = model.config;
  const tokens = Array.from(
    randomNormals(length, 7),
    (x) => Math.floor(Math.abs(x) * 1e6) % vocabSize,
  );
  using maps = new TransferWeights(gpu, { hiddenSize, layers, tokenLayer: tokenLayer ?? null });
  const starts = Array.from(
    { length: layers.length + (tokenLayer === undefined ? 0 : 2) },
    (_, i) => randomNormals(hiddenSize ** 2, i, 1 / Math.sqrt(hiddenSize)),
  );
  using pass = new TransferPass(model, maps, {
    sequenceLength: length,
    every: every?.distance,
    loss,
    batch: 1,
    kv: "f32",
    logitBytes: 0, // Texts of more than 16 tokens come in chunks.
  });
  const lossOf = (all: Float64Array[]) => {
    const maps = all.slice(0, layers.length);
    const [fromState, fromToken] = all.slice(layers.length);
    const token = tokenLayer === undefined
      ? undefined
      : { layer: tokenLayer, fromState, fromToken };
    const forward = transferForward(weights, model.config, tokens, maps, layers, token);
    const isOrigin = (n: number) => !every || n % every.distance === every.first;
    return transferLoss(forward, tokens, loss, isOrigin);
  };
  await assertDefinition(gpu, { pass, parameters: maps.parameters, starts, tokens, lossOf });
}
