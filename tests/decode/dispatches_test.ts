/**
 * How many dispatches a step takes. Each costs microseconds on a GPU whatever it does, which small models
 * spend most of their time on: one more has to be written down here.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { hiddenTransfer } from "../../src/draft/hidden_transfer/hidden_transfer.ts";
import { combined } from "../../src/draft/hidden_transfer/combined.ts";
import { earlyExit } from "../../src/draft/layer_skipping/early_exit.ts";
import type { DraftingMethod, StepKind } from "../../src/draft/drafter.ts";
import { medusa } from "../../src/draft/medusa/medusa.ts";
import { phrasesMethod } from "../../src/draft/phrases/phrases.ts";
import { promptLookup } from "../../src/draft/lookup/prompt_lookup.ts";
import { countingGpu } from "../../src/gpu/counting_gpu.ts";
import type { ModelSizes } from "../../src/model/config.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { createHeads, type HeadNumbers } from "../draft/random_heads.ts";
import { createMaps, createParents } from "../draft/random_maps.ts";
import { createPhrases } from "../draft/random_phrases.ts";
import { HARDWARE, IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import { GOLDENS, KINDS, loadGolden } from "../model/goldens/architecture_goldens.ts";
import { demoModel } from "../model/demo_model.ts";
import { Forward } from "../model/forward.ts";
import { recordStep } from "./recorded_step.ts";

/** Dispatches of a layer: five, and one for norms of heads and for each norm after attention and MLP. */
const PER_LAYER: Readonly<Record<string, number>> = {
  arcee: 5,
  gemma2: 7,
  gemma3: 8,
  "gemma3-seeing": 8,
  "ernie4-5": 5,
  exaone: 5,
  exaone4: 8,
  gemma: 5,
  glm: 5,
  glm4: 7,
  granite: 5,
  "granite-hybrid": 5,
  helium: 5,
  "hunyuan-dense": 6,
  internlm3: 5,
  "llama-bias": 5,
  "llama-rope-linear": 5,
  "llama-rope-llama3": 5,
  ministral3: 5,
  "ministral3-seeing": 5,
  mistral: 5,
  "mistral-window": 5,
  olmo2: 8,
  olmo3: 8,
  phi3: 5,
  "phi3-longrope": 5,
  "phi3-partial": 5,
  qwen2: 5,
  "qwen2-yarn-window": 5,
  qwen3: 6,
  "seed-oss": 5,
  smollm3: 5,
  stablelm: 7,
  "stablelm-parallel": 6,
  starcoder2: 7,
};

for (const kind of KINDS) {
  withGpu(`a layer of ${kind} takes ${PER_LAYER[kind]} dispatches`, async (gpu) => {
    using counting = countingGpu(gpu);
    const model = await loadGolden(counting, join(GOLDENS, kind));
    const { inLayers, choosing, after } = recordStep(model, undefined, "greedy");
    // A final LayerNorm is a kernel of its own.
    const finalNorms = Number(model.config.norm !== "rms");
    assertEquals(inLayers, PER_LAYER[kind] * model.config.layerCount + finalNorms);
    assertEquals([...choosing, ...after], ["embed", "product, store", "choose", "accept"]);
  });
}

/**
 * The same where a product of few rows adds by itself what comes through a norm. What the last layer of a
 * pass adds is then one dispatch more. The second driver binds too few buffers for that.
 */
const PER_LAYER_JOINED: Readonly<Record<string, number>> = {
  gemma2: 5,
  gemma3: 6,
  olmo2: 6,
  olmo3: 6,
};

for (const [kind, joined] of IS_SECOND_DRIVER ? [] : Object.entries(PER_LAYER_JOINED)) {
  withGpu(
    `on a GPU a layer of ${kind} takes ${joined} dispatches for up to eight rows`,
    async (gpu) => {
      using counting = countingGpu(gpu);
      const model = await loadGolden(counting, join(GOLDENS, kind));
      const { layerCount } = model.config;
      using forward = new Forward(model, model.contextLength);
      const takes = (rows: number, layers = layerCount) =>
        model.runLayers(rows, forward.activations, forward.cache, { to: layers }).length;
      for (const rows of [1, 3, 8]) {
        assertEquals(takes(rows), joined * layerCount + 1, `${rows} rows`);
        assertEquals(takes(rows, 1), joined + 1, `${rows} rows through a layer`);
      }
      assertEquals(takes(9), PER_LAYER[kind] * layerCount);
    },
    HARDWARE.options,
  );
}

/** What a step of a method with three drafts on a path takes beside its layers. */
interface Step {
  make: (model: Transformer) => DraftingMethod;
  /** Dispatches in layers, those of the eight that verify among them. */
  inLayers: number;
  /** Up to the model's choice after each node. */
  choosing: readonly string[];
  /** After it, for a greedy text. */
  after: readonly string[];
  /** More of them where tokens are drawn. */
  moreIfSampled: number;
}

/** What a model's own pass takes beside its layers. */
const PASS = ["embed", "product, store", "choose"];

/** Drafting pass by drafting pass. */
const SHORT_PASS = ["embed", "product, store", "top", "extend_chain"];

const STEPS: Readonly<Record<string, Step>> = {
  "prompt lookup": {
    make: () => promptLookup({ drafts: 3 }),
    inLayers: 40,
    choosing: PASS,
    after: ["accept", "lookup"],
    moreIfSampled: 0,
  },
  "phrases": {
    make: ({ gpu, config }) => phrasesMethod(createPhrases(gpu, config.vocabSize), { nodes: 8 }),
    inLayers: 40,
    choosing: PASS,
    after: ["accept", "lookup", "grow_phrases"],
    moreIfSampled: 0,
  },
  "hidden transfer from the state": {
    make: ({ gpu }) => hiddenTransfer(createMaps(gpu, 256, [5, 5, 5], "zero"), { nodes: 8 }),
    inLayers: 40 + 15,
    choosing: PASS,
    after: ["accept", "commit", "product, residual", "product, store", "top", "grow_tree"],
    moreIfSampled: 0,
  },
  "hidden transfer from the state, each step at a layer of its own": {
    make: ({ gpu }) => hiddenTransfer(createMaps(gpu, 256, [4, 5, 6], "zero"), { nodes: 8 }),
    inLayers: 40 + 20,
    choosing: PASS,
    after: [
      ...["accept", "commit"],
      ...Array(3).fill("product, residual"),
      ...["product, store", "top", "grow_tree"],
    ],
    moreIfSampled: 0,
  },
  "hidden transfer in the verifying pass": {
    make: ({ gpu }) =>
      hiddenTransfer(createMaps(gpu, 256, [5, 5, 5], "zero"), { nodes: 8, inPassNodes: 4 }),
    inLayers: 40,
    choosing: ["embed", "in_pass_rows", "product, residual", "product, store", "choose"],
    after: ["accept", "commit", "product, store", "top", "grow_tree"],
    moreIfSampled: 0,
  },
  "hidden transfer from the token's state": {
    make: ({ gpu }) => hiddenTransfer(createMaps(gpu, 256, [5, 5, 5], "zero", 4096), { nodes: 8 }),
    inLayers: 40 + 15,
    choosing: PASS,
    after: [
      ...["accept", "commit"],
      ...["embed", "product, residual", "product, residual"],
      ...["product, store", "top", "grow_tree"],
    ],
    moreIfSampled: 0,
  },
  "hidden transfer from what the first layer makes of the token": {
    make: ({ gpu }) =>
      hiddenTransfer(createMaps(gpu, 256, [5, 5, 5], "zero", 4096, 1), { nodes: 8 }),
    inLayers: 40 + 5 + 15,
    choosing: PASS,
    after: [
      ...["accept", "commit"],
      ...["embed", "product, residual", "product, residual"],
      ...["product, store", "top", "grow_tree"],
    ],
    moreIfSampled: 0,
  },
  "hidden transfer from what the first layer makes of the token, and prompt lookup": {
    make: ({ gpu }) => combined(createMaps(gpu, 256, [5, 5, 5], "zero", 4096, 1), { nodes: 8 }),
    inLayers: 40 + 5 + 15,
    choosing: PASS,
    after: [
      ...["accept", "lookup"],
      ...["embed", "product, residual", "product, residual"],
      ...["product, store", "top", "grow_tree"],
    ],
    moreIfSampled: 0,
  },
  "hidden transfer and prompt lookup": {
    make: ({ gpu }) => combined(createMaps(gpu, 256, [5, 5, 5], "zero", 4096), { nodes: 8 }),
    inLayers: 40 + 15,
    choosing: PASS,
    after: [
      ...["accept", "lookup"],
      ...["embed", "product, residual", "product, residual"],
      ...["product, store", "top", "grow_tree"],
    ],
    moreIfSampled: 0,
  },
  "hidden transfer and prompt lookup with phrases": {
    make: ({ gpu }) => {
      const maps = createMaps(gpu, 256, [5, 5, 5], "zero", 4096);
      return combined(maps, { nodes: 8 }, createPhrases(gpu, 64));
    },
    inLayers: 40 + 15,
    choosing: PASS,
    after: [
      ...["accept", "lookup"],
      ...["embed", "product, residual", "product, residual"],
      ...["product, store", "top", "grow_mixed"],
    ],
    moreIfSampled: 0,
  },
  "hidden transfer whose children know their parent": {
    make: ({ gpu }) => {
      const maps = createMaps(gpu, 256, [5, 5, 5], "zero", 4096);
      return hiddenTransfer({ ...maps, parents: createParents(gpu, 4096, "zero") }, { nodes: 8 });
    },
    inLayers: 40 + 15,
    choosing: PASS,
    after: [
      ...["accept", "commit"],
      ...["embed", "product, residual", "product, residual"],
      ...["product, store", "top", "grow_ranked"],
    ],
    moreIfSampled: 0,
  },
  "Medusa": {
    make: (model) => medusa(createHeads(model, noHeads(3, model.config)), { nodes: 8 }),
    inLayers: 40,
    choosing: PASS,
    after: [
      ...["accept", "commit"],
      ...["product, block", ...Array(3).fill("product, store")],
      ...["top", "grow_tree"],
    ],
    moreIfSampled: 0,
  },
  "early exit": {
    make: () => earlyExit({ drafts: 3, confidence: 0.5 }),
    inLayers: 40 + 3 * 20,
    choosing: PASS,
    after: ["accept", "commit", "begin_chain", ...SHORT_PASS, ...SHORT_PASS, ...SHORT_PASS],
    moreIfSampled: 3,
  },
};

/** Zeros in place of heads, which nobody computes with. */
function noHeads(count: number, { hiddenSize, vocabSize }: ModelSizes): HeadNumbers {
  return {
    inner: new Float32Array(count * hiddenSize ** 2),
    bias: new Float32Array(count * hiddenSize),
    outputs: Array.from({ length: count }, () => new Float32Array(vocabSize * hiddenSize)),
  };
}

for (const [what, step] of Object.entries(STEPS)) {
  withGpu(`a step of ${what} takes ${step.after.length} dispatches to draft`, async (gpu) => {
    using counting = countingGpu(gpu);
    const model = await demoModel(counting);
    const method = step.make(model);
    const { inLayers, choosing, after } = recordStep(model, method, "greedy");
    assertEquals([inLayers, choosing, after], [step.inLayers, step.choosing, step.after]);
    const sampled = recordStep(model, method, "sampled");
    assertEquals(sampled.choosing, step.choosing);
    assertEquals(sampled.after.length, step.after.length + step.moreIfSampled);
  });
}

withGpu("steps that a text changes between take what they need and no more", async (gpu) => {
  using counting = countingGpu(gpu);
  const model = await demoModel(counting);
  const { make, after } = STEPS["hidden transfer and prompt lookup"];
  const method = make(model);
  const stepOf = (kind: StepKind) => recordStep(model, method, "greedy", kind);
  assertEquals(stepOf({ nodes: 1, drafts: "none" }), {
    inLayers: 40,
    choosing: PASS,
    after: ["accept", "lookup"],
  });
  assertEquals(stepOf({ nodes: 4, drafts: "lookups" }), {
    inLayers: 40,
    choosing: PASS,
    after: ["accept", "lookup"],
  });
  assertEquals(stepOf({ nodes: 4, drafts: "all" }).after, after);
  const phrases = createPhrases(counting, 64);
  const withPhrases = combined(createMaps(counting, 256, [5], "zero", 4096), { nodes: 8 }, phrases);
  const lookups = recordStep(model, withPhrases, "greedy", { nodes: 4, drafts: "lookups" });
  assertEquals(lookups.after, ["accept", "lookup", "grow_phrases"]);
});
