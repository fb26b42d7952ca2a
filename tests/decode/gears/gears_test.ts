/** Trees of changing sizes give the ids of plain decoding, whatever chooses them and when. */

import { assert, assertEquals } from "@std/assert";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { Gears } from "../../../src/decode/gears/gears.ts";
import type {
  GearGuess,
  Observation,
  Shift,
  Steering,
} from "../../../src/decode/gears/governor.ts";
import type { StepKind } from "../../../src/draft/drafter.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { combined } from "../../../src/draft/hidden_transfer/combined.ts";
import { hiddenTransfer } from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import { earlyExit } from "../../../src/draft/layer_skipping/early_exit.ts";
import { phrasesMethod } from "../../../src/draft/phrases/phrases.ts";
import { promptLookup } from "../../../src/draft/lookup/prompt_lookup.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import type { TreeBuffers } from "../../../src/ops/tree/accept.ts";
import { randomBits } from "../../../src/train/texts/random.ts";
import { createMaps } from "../../draft/random_maps.ts";
import { createPhrases } from "../../draft/random_phrases.ts";
import { IS_SECOND_DRIVER, withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { collect } from "../collect.ts";

const CONFIG = tiny({ vocabSize: 12, contextLength: 160 });

const SAMPLED = { ...GREEDY, temperature: 0.9, topK: 8, seed: 5 };

/** Chooses at random, and keeps count of what it was told. */
class RandomSteering implements Steering {
  readonly steps: number[];
  tokens = 0;
  #choices = 0;

  constructor(guesses: readonly GearGuess[]) {
    this.steps = guesses.map(() => 0);
  }

  begin(): void {
    this.steps.fill(0);
    this.tokens = 0;
  }

  next(most: number): Shift {
    const random = randomBits(3, this.#choices++);
    const gear = random % this.steps.length;
    return { gear, steps: 1 + (random >>> 8) % most };
  }

  observe({ gear, steps, tokens }: Parameters<Steering["observe"]>[0]): void {
    this.steps[gear] += steps;
    this.tokens += tokens;
  }
}

withGpu(
  "random changes between plain steps, lookups, small and large trees change no id",
  async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    using maps = createMaps(gpu, CONFIG.hiddenSize, [1, 1], "identity");
    using phrases = createPhrases(gpu, CONFIG.vocabSize);
    const { model } = random;
    using plain = createDecoder(model);
    const methods = [
      combined(maps, { nodes: 5 }),
      combined(maps, { nodes: 5 }, phrases),
      phrasesMethod(phrases, { nodes: 5 }),
      hiddenTransfer(maps, { nodes: 5, inPassNodes: 5 }),
      hiddenTransfer(maps, { nodes: 5, paths: [[0], [1], [0, 0], [2]] }),
      promptLookup({ drafts: 4 }),
      earlyExit({ layers: 1, drafts: 4, confidence: 0 }),
    ];
    for (const method of methods) {
      const steerings: RandomSteering[] = [];
      const steer = (guesses: readonly GearGuess[]) => {
        steerings.push(new RandomSteering(guesses));
        return steerings[0];
      };
      const { nodes } = method.sizes(model);
      const kinds: StepKind[] = [{ nodes: 1, drafts: "none" }];
      if (method.lookups) kinds.push({ nodes: 3, drafts: "lookups" });
      if (method.sizes(model).rows === nodes) kinds.push({ nodes: 3, drafts: "all" });
      kinds.push({ nodes, drafts: "all" });
      using decoder = createDecoder(model, { steer }, { ...method, kinds });
      for (const sampling of IS_SECOND_DRIVER ? [SAMPLED] : [GREEDY, SAMPLED]) {
        const request = { promptIds: [1, 2, 3], maxTokens: 80, sampling, eosTokenIds: [] };
        const { ids } = await collect(plain, request);
        const result = await collect(decoder, request);
        assertEquals(result.ids, ids, method.name);
        assertEquals(result.trees?.map(({ nodes, drafts }) => ({ nodes, drafts })), kinds);
        const counted = result.trees!.reduce((sum, { steps }) => sum + steps, 0);
        assertEquals(counted, result.forwards, `${method.name}: every pass is of a kind`);
        assert(steerings[0].tokens <= ids.length, method.name);
        assert(steerings[0].steps.every((steps) => steps > 0), "every size had its turn");
      }
    }
  },
);

withGpu("the governor's choices change no id, text after text", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const { model } = random;
  using plain = createDecoder(model);
  const kinds = [
    { nodes: 1, drafts: "none" },
    { nodes: 3, drafts: "lookups" },
    { nodes: 6, drafts: "lookups" },
  ] as const;
  const method = { ...promptLookup({ drafts: 5 }), kinds };
  using decoder = createDecoder(model, {}, method);
  for (const promptIds of [[1, 2, 3], [5, 5, 5, 5], [1, 2, 3, 4, 1, 2]]) {
    const request = { promptIds, maxTokens: 100, sampling: GREEDY, eosTokenIds: [] };
    const { ids } = await collect(plain, request);
    assertEquals((await collect(decoder, request)).ids, ids);
  }
});

/** Chooses one gear, whoever is told what comes of it. */
function oneGear(gear: number, observe: Steering["observe"]): () => Steering {
  return () => ({ steps: [], begin: () => {}, next: (steps) => ({ gear, steps }), observe });
}

Deno.test("further rows of trees are told as a share of whole ones', roots alone left out", () => {
  const gpu = { deviceClass: "software", subgroupSize: 8 } as Gpu;
  const filled: Observation["filled"][] = [];
  const steer = oneGear(1, (observation) => void filled.push(observation.filled));
  const kinds = [{ nodes: 1, drafts: "none" }, { nodes: 9, drafts: "all" }] as const;
  using gears = new Gears(gpu, kinds, 2, {} as TreeBuffers, steer);
  gears.begin();
  // A pass takes the time of one row, two, four or all nine.
  for (const nodes of [[9, 9], [2, 1], [3, 1, 4], [2, 6], [1, 1]]) {
    gears.next(nodes.length);
    const records = nodes.map((nodes) => ({ count: 1, nodes, finish: 0, tokens: [5] }));
    gears.took(records, new Uint32Array());
  }
  assertEquals(filled, [1, 1 / 8, 3 / 8, (1 / 8 + 1) / 2, 1]);
});

Deno.test("by the host's clock, submits that come back at once tell nothing of their time", async () => {
  const gpu = { deviceClass: "software", subgroupSize: 0, hasTimestamps: false } as Gpu;
  const seconds: Observation["seconds"][] = [];
  const steer = oneGear(0, (observation) => void seconds.push(observation.seconds));
  const kinds = [{ nodes: 1, drafts: "none" }, { nodes: 4, drafts: "all" }] as const;
  using gears = new Gears(gpu, kinds, 2, {} as TreeBuffers, steer);
  gears.begin();
  for (let i = 0; i < 2; i++) gears.next(1);
  await new Promise((resolve) => setTimeout(resolve, 40));
  for (let i = 0; i < 2; i++) {
    gears.took([{ count: 1, nodes: 1, finish: 0, tokens: [5] }], new Uint32Array());
  }
  assert(seconds[0] !== null && seconds[0] > 0.03, "the first took some time");
  assertEquals(seconds[1], null);
});
