import { MedusaPass } from "../../../src/train/medusa/medusa_pass.ts";
import { MedusaWeights } from "../../../src/train/medusa/medusa_weights.ts";
import { IS_SECOND_DRIVER, TEXT_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { TINY_ARCHITECTURES } from "../../model/goldens/tiny_architectures.ts";
import { medusaForward } from "../../reference/medusa.ts";
import { chainRows, createKvCache, forwardRows } from "../../reference/model.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { transferLoss } from "../../reference/transfer.ts";
import { assertDefinition } from "../definition.ts";

const LAYER_NORMS = TINY_ARCHITECTURES.find(({ norm }) => norm !== "rms")!;

/** Models and lengths whose whole gradient is checked; sizes are odd on purpose. */
const CASES = [
  { title: "one head", config: tiny(), heads: 1, length: 9, loss: "kl" },
  {
    title: "three heads",
    config: tiny({ tieWordEmbeddings: true }),
    heads: 3,
    length: 70,
    loss: "kl",
  },
  {
    title: "two heads, cross entropy",
    config: tiny({ vocabSize: 70, hiddenSize: 24, intermediateSize: 40 }),
    heads: 2,
    length: 21,
    loss: "ce",
  },
  { title: "two heads behind LayerNorms", config: LAYER_NORMS, heads: 2, length: 19, loss: "kl" },
] as const;

for (const { title: variant, options, isOwn } of TEXT_VARIANTS) {
  const tried = IS_SECOND_DRIVER && !isOwn ? CASES.slice(0, 1) : CASES;
  for (const { title, config, heads, length, loss } of tried) {
    withGpu(
      `Medusa's loss and its gradient are those of the definition: ${title}, ${variant}`,
      async (gpu) => {
        using random = await randomModel(gpu, config, ["F32", "F16", "BF16"]);
        const { model, weights: modelWeights } = random;
        const { hiddenSize: size, vocabSize } = model.config;
        const tokens = Array.from(
          randomNormals(length, 7),
          (x) => Math.floor(Math.abs(x) * 1e6) % vocabSize,
        );
        using weights = new MedusaWeights(gpu, {
          heads,
          hiddenSize: size,
          vocabularySize: vocabSize,
        });
        const { parameters } = weights;
        const lengths = [heads * size * size, heads * size];
        for (let i = 0; i < heads; i++) lengths.push(vocabSize * size);
        const starts = lengths.map((count, i) => randomNormals(count, i, 1 / Math.sqrt(size)));
        using pass = new MedusaPass(model, weights, {
          sequenceLength: length,
          loss,
          batch: 1,
          kv: "f32",
          logitBytes: 0, // Texts of more than 16 tokens come in chunks.
        });
        const cache = createKvCache(model.config, length);
        const text = forwardRows(modelWeights, model.config, chainRows(tokens, 0), cache);
        const lossOf = ([inner, bias, ...outputs]: Float64Array[]) => {
          const parts = outputs.map((output, i) => ({
            inner: inner.subarray(i * size * size, (i + 1) * size * size),
            bias: bias.subarray(i * size, (i + 1) * size),
            output,
          }));
          const forward = medusaForward(modelWeights, model.config, text, parts);
          return transferLoss(forward, tokens, loss);
        };
        await assertDefinition(gpu, { pass, parameters, starts, tokens, lossOf });
      },
      options,
    );
  }
}
