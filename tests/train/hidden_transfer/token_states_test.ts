import { assert } from "@std/assert";
import { tokenStates } from "../../../src/train/hidden_transfer/token_states.ts";
import { TEXT_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { matmul } from "../../../src/checks/oracles/matmul.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { contextFreeState } from "../../reference/transfer.ts";

/** More tokens than pass the layers together, and no multiple of that. */
const CONFIG = tiny({ layerCount: 3, vocabSize: 150 });

for (const { title, options } of TEXT_VARIANTS) {
  withGpu(`${title}: a token's state is that of a text of this token alone`, async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    const { hiddenSize: size, vocabSize } = CONFIG;
    const map = randomNormals(size ** 2, 3, 1 / Math.sqrt(size));
    for (const layer of [0, 2]) {
      const found = await tokenStates(random.model, layer, Float32Array.from(map));
      for (let token = 0; token < vocabSize; token++) {
        const alone = contextFreeState(random.weights, CONFIG, token, layer);
        const expected = matmul(alone, map, { rows: 1, inner: size, columns: size });
        const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        expected.forEach((x, i) => {
          const error = Math.abs(found[token * size + i] - x);
          assert(error <= 1e-5 * largest, `layer ${layer}, token ${token}: off by ${error}`);
        });
      }
    }
  }, options);
}
