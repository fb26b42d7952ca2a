import { randomIntegers, randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { PartialHead } from "../../../src/model/partial_head.ts";
import { ParentPass } from "../../../src/train/hidden_transfer/parents/parent_pass.ts";
import { ParentWeights } from "../../../src/train/hidden_transfer/parents/parent_weights.ts";
import { createMaps, mapNumbers } from "../../draft/random_maps.ts";
import { TEXT_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { addParents, transferForward, transferLoss } from "../../reference/transfer.ts";
import { assertDefinition } from "../definition.ts";

const RANK = 8;

/** Sizes are odd on purpose; some tokens are drafted, or all. */
const CASES = [
  { title: "three steps", layers: [0, 1, 1], length: 21, loss: "kl", drafted: null },
  { title: "two steps, some tokens", layers: [1, 1], length: 19, loss: "kl", drafted: 3 },
  { title: "cross entropy", layers: [0, 0], length: 18, loss: "ce", drafted: null },
] as const;

for (const { title: variant, options, isOwn } of TEXT_VARIANTS) {
  for (const { title, layers, length, loss, drafted } of isOwn ? CASES : CASES.slice(1, 2)) {
    withGpu(
      `the loss of children that know their parent, and its gradient, are those of the definition: ` +
        `${title}, ${variant}`,
      async (gpu) => {
        using random = await randomModel(gpu, tiny({ vocabSize: 43 }), ["F32"]);
        const { model, weights: modelWeights } = random;
        const { hiddenSize, vocabSize } = model.config;
        const text = randomIntegers(length, 7, vocabSize);
        const ids = Uint32Array.from(
          { length: vocabSize },
          (_, id) => id,
        ).filter((id) => drafted === null || id % drafted === 0);
        using resources = new DisposableStack();
        const maps = resources.use(createMaps(gpu, hiddenSize, layers, "random"));
        const head = drafted === null ? undefined : resources.use(new PartialHead(model, ids));
        using weights = new ParentWeights(gpu, { tokens: ids.length, rank: RANK });
        const { lengths } = weights.parameters;
        const starts = lengths.map((count, i) => randomNormals(count, 50 + i, 0.5));
        using pass = new ParentPass(model, maps, weights, {
          head,
          sequenceLength: length,
          loss,
          batch: 1,
          kv: "f32",
          logitBytes: 0, // Texts of more than 16 tokens come in chunks.
        });
        const numbers = layers.map((_, i) => mapNumbers("random", hiddenSize, i));
        const forward = transferForward(modelWeights, model.config, text, numbers, layers);
        const lossOf = ([ofParents, ofChildren]: Float64Array[]) =>
          transferLoss(
            addParents(forward, text, { ids: [...ids], rank: RANK, ofParents, ofChildren }),
            text,
            loss,
          );
        await assertDefinition(gpu, {
          pass,
          parameters: weights.parameters,
          starts,
          tokens: text,
          lossOf,
          meant: ids.length * RANK, // Children beyond the tokens are there for whole octets alone.
        });
      },
      options,
    );
  }
}
