import { assert, assertEquals } from "@std/assert";
import { createDecoder } from "../../../src/decode/decoder.ts";
import type { DecodeRequest } from "../../../src/decode/types.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import type { CandidateTreeOptions } from "../../../src/draft/candidate_tree.ts";
import { hiddenTransfer } from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import type { TransferMaps } from "../../../src/draft/hidden_transfer/transfer_maps.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { collect } from "../../decode/collect.ts";
import { DECODING_VARIANTS, IS_SECOND_DRIVER, withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { createMaps } from "../random_maps.ts";

/** Every step accepts something with so few tokens. */
const CONFIG = tiny({ layerCount: 4, vocabSize: 6, contextLength: 64 });

/** Few steps in flight, since the texts are short. */
const OPTIONS = { prefillChunk: 4, stepsPerSubmit: 4, ringDepth: 2 };

/** At several layers, the first and the last among them, and at one. */
const LAYERS = [[0, 1, 3], ...IS_SECOND_DRIVER ? [] : [[2, 2, 2]]];

const TREES: readonly CandidateTreeOptions[] = [
  { nodes: 12 },
  {
    nodes: 12,
    paths: [[0], [1], [0, 0], [2], [0, 1], [0, 0, 0], [1, 0], [0, 0, 1]],
    ranks: 3,
  },
];

const REQUESTS: readonly DecodeRequest[] = [0, 1, 1.5].map((temperature, seed) => ({
  promptIds: [1, 2, 3 + seed],
  maxTokens: 40,
  eosTokenIds: [],
  sampling: { ...GREEDY, temperature, seed },
}));

for (const { title, options } of DECODING_VARIANTS) {
  withGpu(
    `${title}: pseudo rows in the verifying pass draft what deferred ones draft`,
    async (gpu) => {
      using random = await randomModel(gpu, CONFIG, ["F32"]);
      let accepted = 0;
      for (const layers of LAYERS) {
        using maps = createMaps(gpu, CONFIG.hiddenSize, layers, "random");
        for (const tree of TREES) {
          const deferred = await stepsOf(random.model, maps, { ...tree, inPassNodes: 0 });
          const inPass = await stepsOf(random.model, maps, { ...tree, inPassNodes: 12 });
          assertEquals(inPass, deferred, `layers ${layers}, shape ${tree.paths !== undefined}`);
          accepted += deferred.flat(2).length - deferred.flat().length;
        }
      }
      assert(accepted > 100, `${accepted} drafts were accepted`);
    },
    options,
  );
}

/** The ids of each step of each request: where steps end tells what was drafted. */
async function stepsOf(
  model: Transformer,
  maps: TransferMaps,
  options: CandidateTreeOptions,
): Promise<number[][][]> {
  using decoder = createDecoder(model, OPTIONS, hiddenTransfer(maps, options));
  const decodings: number[][][] = [];
  for (const request of REQUESTS) {
    const steps: number[][] = [];
    await collect(decoder, { ...request, onStep: (ids) => steps.push([...ids]) });
    decodings.push(steps);
  }
  return decodings;
}
