import { assert } from "@std/assert";
import { TransferPass } from "../../../src/train/hidden_transfer/transfer_pass.ts";
import { regressMaps } from "../../../src/train/hidden_transfer/first_maps/transfer_start.ts";
import { TransferWeights } from "../../../src/train/hidden_transfer/transfer_weights.ts";
import { DECODING_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { chainRows, createKvCache, forwardRows } from "../../reference/model.ts";
import { contextFreeState } from "../../reference/transfer.ts";
import { outerProducts } from "../passes/backward_oracles.ts";
import { randomTexts } from "../texts/random_texts.ts";

const CONFIG = tiny({ layerCount: 3 });
const SIZE = CONFIG.hiddenSize;
const LENGTH = 40;
const TEXTS = 4;
const TOKEN_LAYER = 1;

/** λ of the regression as a part of the mean diagonal. */
const RIDGE = 1e-3;

/** What a solution is found from and what it should give, state by state over all texts. */
interface Samples {
  inputs: number[];
  targets: number[];
}

/** How far W · (A + λ I) is from C, as a part of C, with sums of the oracle's states. */
function residual(map: Float32Array, { inputs, targets }: Samples): number {
  const width = map.length / SIZE;
  const x = Float64Array.from(inputs);
  const a = outerProducts(x, width, x, width);
  const c = outerProducts(Float64Array.from(targets), SIZE, x, width);
  let trace = 0;
  for (let i = 0; i < width; i++) trace += a[i * width + i];
  for (let i = 0; i < width; i++) a[i * width + i] += RIDGE * trace / width;
  let [error, whole] = [0, 0];
  for (let row = 0; row < SIZE; row++) {
    for (let j = 0; j < width; j++) {
      let product = 0;
      for (let k = 0; k < width; k++) product += map[row * width + k] * a[k * width + j];
      error += (product - c[row * width + j]) ** 2;
      whole += c[row * width + j] ** 2;
    }
  }
  return Math.sqrt(error / whole);
}

/** Columns of A, then those of U. */
function beside(a: Float32Array, b: Float32Array): Float32Array {
  return Float32Array.from({ length: 2 * a.length }, (_, at) => {
    const [row, column] = [Math.floor(at / (2 * SIZE)), at % (2 * SIZE)];
    return column < SIZE ? a[row * SIZE + column] : b[row * SIZE + column - SIZE];
  });
}

for (const { title, options } of DECODING_VARIANTS) {
  withGpu(
    `${title}: the closed-form start solves the regressions of its definition`,
    async (gpu) => {
      using random = await randomModel(gpu, CONFIG, ["F32"]);
      const texts = randomTexts({
        count: TEXTS,
        length: LENGTH,
        vocabSize: CONFIG.vocabSize,
        seed: 1,
      });
      const states: { hidden: Float64Array[]; alone: Float64Array[] }[] = [];
      for (let i = 0; i < TEXTS; i++) {
        const tokens = [...await texts.text(i)];
        const cache = createKvCache(CONFIG, LENGTH);
        const { hidden } = forwardRows(random.weights, CONFIG, chainRows(tokens, 0), cache);
        const alone = tokens.map((token) =>
          contextFreeState(random.weights, CONFIG, token, TOKEN_LAYER)
        );
        states.push({ hidden, alone });
      }
      /** From h_n, and with `withToken` what is known of the next token, to h_{n + distance}. */
      const samples = (layer: number, distance: number, withToken = false): Samples => {
        const found: Samples = { inputs: [], targets: [] };
        for (const { hidden, alone } of states) {
          const state = (at: number, n: number) => hidden[at].subarray(n * SIZE, (n + 1) * SIZE);
          for (let n = 1; n + distance < LENGTH; n++) {
            found.inputs.push(
              ...state(layer, n),
              ...withToken ? alone[n + 1] : [],
            );
            found.targets.push(...state(layer, n + distance));
          }
        }
        return found;
      };
      const start = async (layers: readonly number[], tokenLayer: number | null) => {
        using weights = new TransferWeights(gpu, { hiddenSize: SIZE, layers, tokenLayer });
        using pass = new TransferPass(random.model, weights, {
          sequenceLength: LENGTH,
          loss: "kl",
          batch: 1,
          kv: "f32",
        });
        const shape = { hiddenSize: SIZE, layers, sequenceLength: LENGTH };
        return await regressMaps(gpu, pass.forward, texts, shape);
      };
      const assertSolves = (map: Float32Array, of: Samples) => {
        const found = residual(map, of);
        // The states are f32 of the model's own kernels, and λ bounds what the solution makes of that.
        assert(found < 2e-5, `the residual is ${found} of the right side`);
      };

      const layers = [1, 1, 2];
      const plain = await start(layers, null);
      layers.forEach((layer, i) => assertSolves(plain[i], samples(layer, i + 1)));

      const [first, second, fromState, fromToken] = await start([2, 2], TOKEN_LAYER);
      assert(first.every((value, at) => value === Number(at % (SIZE + 1) === 0)), "W_1 is not I");
      assertSolves(second, samples(2, 1));
      assertSolves(beside(fromState, fromToken), samples(2, 1, true));
    },
    options,
  );
}
