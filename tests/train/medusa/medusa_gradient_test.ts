import { assert, assertEquals } from "@std/assert";
import { MedusaPass } from "../../../src/train/medusa/medusa_pass.ts";
import { MedusaWeights } from "../../../src/train/medusa/medusa_weights.ts";
import { IS_SECOND_DRIVER, VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { medusaForward } from "../../reference/medusa.ts";
import { chainRows, createKvCache, forwardRows } from "../../reference/model.ts";
import { directionalDerivative } from "../../reference/numeric_gradient.ts";
import { randomNormals } from "../../../src/checks/oracles/random.ts";
import { transferLoss } from "../../reference/transfer.ts";
import { assertSlope } from "../slope.ts";

/** Models and lengths whose whole gradient is checked; sizes are odd on purpose. */
const CASES = [
  { title: "one head", config: {}, heads: 1, length: 9, loss: "kl" },
  { title: "three heads", config: { tieWordEmbeddings: true }, heads: 3, length: 70, loss: "kl" },
  {
    title: "two heads, cross entropy",
    config: { vocabSize: 70, hiddenSize: 24, intermediateSize: 40 },
    heads: 2,
    length: 21,
    loss: "ce",
  },
] as const;

for (const { title: variant, options, isOwn } of VARIANTS) {
  const tried = IS_SECOND_DRIVER && !isOwn ? CASES.slice(0, 1) : CASES;
  for (const { title, config, heads, length, loss } of tried) {
    withGpu(
      `Medusa's loss and its gradient are those of the definition: ${title}, ${variant}`,
      async (gpu) => {
        using random = await randomModel(gpu, tiny({ ...config }), ["F32", "F16", "BF16"]);
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
        parameters.write({ weights: starts.map((start) => Float32Array.from(start)) });
        using pass = new MedusaPass(model, weights, {
          sequenceLength: length,
          loss,
          batch: 1,
          kv: "f32",
          logitBytes: 0, // Texts of more than 16 tokens come in chunks.
        });
        await pass.run(tokens, { withGradients: false });
        const measured = await gpu.read(pass.rows.results);
        for (const gradient of parameters.gradients) {
          assert((await gpu.readFloats(gradient)).every((value) => value === 0));
        }
        await pass.run(tokens, { withGradients: true });
        const results = new DataView(await gpu.read(pass.rows.results));
        assertEquals(results.buffer, measured);
        const steps = [...pass.rows.rowSteps];
        const count = steps.filter((step) => step > 0).length;
        const own = steps.reduce((sum, _, i) => sum + results.getFloat32(8 * i, true), 0) / count;

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
        const exact = starts.map((start) => Float64Array.from(Float32Array.from(start)));
        const expectedLoss = lossOf(exact);
        assert(
          Math.abs(own - expectedLoss) < 2e-5 * (1 + expectedLoss),
          `loss ${own}, expected ${expectedLoss}`,
        );

        for (let i = 0; i < starts.length; i++) {
          const gradient = await gpu.readFloats(parameters.gradients[i]);
          const direction = Float64Array.from(randomNormals(starts[i].length, 100 + i));
          const f = (x: Float64Array) => lossOf(exact.map((start, j) => j === i ? x : start));
          const expected = directionalDerivative(f, exact[i], direction);
          assertSlope(`parameter ${i}`, gradient, direction, expected);
        }
      },
      options,
    );
  }
}
