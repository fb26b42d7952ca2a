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
import type { TransferMaps } from "../../src/draft/hidden_transfer/transfer_maps.ts";
import { countingGpu } from "../../src/gpu/counting_gpu.ts";
import type { LayerPlan, ModelSizes } from "../../src/model/config.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { createHeads, type HeadNumbers } from "../draft/random_heads.ts";
import { createMaps, createParents } from "../draft/random_maps.ts";
import { createPhrases } from "../draft/random_phrases.ts";
import { HARDWARE, IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import { GOLDENS, KINDS, loadGolden } from "../model/goldens/architecture_goldens.ts";
import { demoModel } from "../model/demo_model.ts";
import { Forward } from "../model/forward.ts";
import { recordStep } from "./recorded_step.ts";

/** Dispatches of a layer that is a Llama's. */
const USUAL = 5;

/**
 * Those of layers that take more: for norms of heads, for each norm after attention and MLP, and for each LayerNorm,
 * of which parallel layers may have one.
 */
const PER_LAYER: Readonly<Record<string, number>> = {
  gemma2: 7,
  gemma3: 8,
  "gemma3-seeing": 8,
  exaone4: 8,
  glm4: 7,
  "hunyuan-dense": 6,
  olmo2: 8,
  olmo3: 8,
  olmoe: 6,
  qwen3: 6,
  "qwen3-moe": 6,
  // LayerNorms are kernels of their own.
  cohere: 6,
  "cohere-head-norms": 7,
  cohere2: 6,
  "gpt-neo": 7,
  "gpt-neox": 7,
  "gpt-neox-serial": 7,
  gpt2: 7,
  "gpt2-bare": 7,
  nemotron: 7,
  olmo: 7,
  opt: 7,
  "opt-bare": 7,
  phi: 6,
  stablelm: 7,
  "stablelm-head-norms": 7,
  "stablelm-parallel": 6,
  starcoder2: 7,
};

/** Besides, experts are chosen, and what they give is added; the logits take a product. */
const FOR_EXPERTS = 3;
/** And an expert that all rows share takes two products. */
const FOR_SHARED_EXPERT = 2;

function ofExperts({ mlp: { experts } }: LayerPlan): number {
  if (experts === null) return 0;
  return FOR_EXPERTS + (experts.sharedSize === null ? 0 : FOR_SHARED_EXPERT);
}

for (const kind of KINDS) {
  const perLayer = PER_LAYER[kind] ?? USUAL;
  withGpu(`a layer of ${kind} takes ${perLayer} dispatches beside experts`, async (gpu) => {
    using counting = countingGpu(gpu);
    const model = await loadGolden(counting, join(GOLDENS, kind));
    const { inLayers, choosing, after } = recordStep(model, undefined, "greedy");
    const { layers, norm } = model.config;
    const finalNorms = Number(norm !== "rms");
    const expected = layers.reduce((sum, layer) => sum + perLayer + ofExperts(layer), finalNorms);
    assertEquals(inLayers, expected);
    assertEquals([...choosing, ...after], ["embed", "product, store", "choose", "accept"]);
  });
}

/**
 * The same where a product of few rows adds by itself what comes through a norm, or makes a LayerNorm. What the last
 * layer of a pass adds, or the final LayerNorm, is then one dispatch more. The second driver binds too few buffers for
 * that.
 */
const PER_LAYER_JOINED: Readonly<Record<string, number>> = {
  gemma2: 5,
  gemma3: 6,
  olmo2: 6,
  olmo3: 6,
  "cohere-head-norms": 7,
  gpt2: 5,
  "gpt-neox": 6,
  "gpt-neox-serial": 5,
  nemotron: 5,
  olmo: 5,
  phi: 6,
  stablelm: 5,
  starcoder2: 5,
};

for (const [kind, joined] of IS_SECOND_DRIVER ? [] : Object.entries(PER_LAYER_JOINED)) {
  withGpu(
    `on a GPU a layer of ${kind} takes ${joined} dispatches for up to eight rows`,
    async (gpu) => {
      using counting = countingGpu(gpu);
      const model = await loadGolden(counting, join(GOLDENS, kind));
      const { layerCount, norm } = model.config;
      const isLayerNorm = norm !== "rms";
      using forward = new Forward(model, model.contextLength);
      const takes = (rows: number, layers = layerCount) =>
        model.runLayers(rows, forward.activations, forward.cache, { to: layers }).length;
      for (const rows of [1, 3, 8]) {
        assertEquals(takes(rows), joined * layerCount + 1, `${rows} rows`);
        assertEquals(takes(rows, 1), joined + Number(!isLayerNorm), `${rows} rows through a layer`);
      }
      assertEquals(takes(9), PER_LAYER[kind] * layerCount + Number(isLayerNorm));
    },
    HARDWARE.options,
  );
}

/** What a step of a method with three drafts on a path takes beside its layers. */
interface Step {
  make: (model: Transformer) => DraftingMethod;
  /** Dispatches in layers, those of the eight that verify among them. */
  inLayers: number;
  /** Up to the model's choice after each node; those of the model's own pass if left out. */
  choosing?: readonly string[];
  /** After it, for a greedy text. */
  after: readonly string[];
  /** More of them where tokens are drawn; none if left out. */
  moreIfSampled?: number;
}

/** What a model's own pass takes beside its layers. */
const PASS = ["embed", "product, store", "choose"];

/** Drafting pass by drafting pass. */
const SHORT_PASS = ["embed", "product, store", "top", "extend_chain"];

/** Makes a tree of what a drafting pass gives. */
const TREE = ["product, store", "top", "grow_tree"];

/** Drafts from the token's state: what runs beside acceptance, two maps, and the tree, which may grow otherwise. */
function fromToken(beside: "commit" | "lookup", grow = "grow_tree"): readonly string[] {
  const maps = ["embed", "product, residual", "product, residual"];
  return ["accept", beside, ...maps, ...TREE.with(-1, grow)];
}

/** Maps of nothing to the states of the demo model that enter its sixth layer; see `createMaps`. */
function tokenMaps({ gpu }: Transformer, stateLayer?: number): TransferMaps {
  return createMaps(gpu, 256, [5, 5, 5], "zero", 4096, stateLayer);
}

const NODES = { nodes: 8 };

const STEPS: Readonly<Record<string, Step>> = {
  "prompt lookup": {
    make: () => promptLookup({ drafts: 3 }),
    inLayers: 40,
    after: ["accept", "lookup"],
  },
  "phrases": {
    make: ({ gpu, config }) => phrasesMethod(createPhrases(gpu, config.vocabSize), NODES),
    inLayers: 40,
    after: ["accept", "lookup", "grow_phrases"],
  },
  "hidden transfer from the state": {
    make: ({ gpu }) => hiddenTransfer(createMaps(gpu, 256, [5, 5, 5], "zero"), NODES),
    inLayers: 40 + 15,
    after: ["accept", "commit", "product, residual", ...TREE],
  },
  "hidden transfer from the state, each step at a layer of its own": {
    make: ({ gpu }) => hiddenTransfer(createMaps(gpu, 256, [4, 5, 6], "zero"), NODES),
    inLayers: 40 + 20,
    after: ["accept", "commit", ...Array(3).fill("product, residual"), ...TREE],
  },
  "hidden transfer in the verifying pass": {
    make: ({ gpu }) =>
      hiddenTransfer(createMaps(gpu, 256, [5, 5, 5], "zero"), { ...NODES, inPassNodes: 4 }),
    inLayers: 40,
    choosing: ["embed", "in_pass_rows", "product, residual", "product, store", "choose"],
    after: ["accept", "commit", ...TREE],
  },
  "hidden transfer from the token's state": {
    make: (model) => hiddenTransfer(tokenMaps(model), NODES),
    inLayers: 40 + 15,
    after: fromToken("commit"),
  },
  "hidden transfer from what the first layer makes of the token": {
    make: (model) => hiddenTransfer(tokenMaps(model, 1), NODES),
    inLayers: 40 + 5 + 15,
    after: fromToken("commit"),
  },
  "hidden transfer from what the first layer makes of the token, and prompt lookup": {
    make: (model) => combined(tokenMaps(model, 1), NODES),
    inLayers: 40 + 5 + 15,
    after: fromToken("lookup"),
  },
  "hidden transfer and prompt lookup": {
    make: (model) => combined(tokenMaps(model), NODES),
    inLayers: 40 + 15,
    after: fromToken("lookup"),
  },
  "hidden transfer and prompt lookup with phrases": {
    make: (model) => combined(tokenMaps(model), NODES, createPhrases(model.gpu, 64)),
    inLayers: 40 + 15,
    after: fromToken("lookup", "grow_mixed"),
  },
  "hidden transfer whose children know their parent": {
    make: (model) => {
      const parents = createParents(model.gpu, 4096, "zero");
      return hiddenTransfer({ ...tokenMaps(model), parents }, NODES);
    },
    inLayers: 40 + 15,
    after: fromToken("commit", "grow_ranked"),
  },
  "Medusa": {
    make: (model) => medusa(createHeads(model, noHeads(3, model.config)), NODES),
    inLayers: 40,
    after: ["accept", "commit", "product, block", ...Array(2).fill("product, store"), ...TREE],
  },
  "early exit": {
    make: () => earlyExit({ drafts: 3, confidence: 0.5 }),
    inLayers: 40 + 3 * 20,
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

for (const [what, { make, choosing = PASS, moreIfSampled = 0, ...step }] of Object.entries(STEPS)) {
  withGpu(`a step of ${what} takes ${step.after.length} dispatches to draft`, async (gpu) => {
    using counting = countingGpu(gpu);
    const model = await demoModel(counting);
    const method = make(model);
    assertEquals(recordStep(model, method, "greedy"), { choosing, ...step });
    const sampled = recordStep(model, method, "sampled");
    assertEquals(sampled.choosing, choosing);
    assertEquals(sampled.after.length, step.after.length + moreIfSampled);
  });
}

withGpu("steps that a text changes between take what they need and no more", async (gpu) => {
  using counting = countingGpu(gpu);
  const model = await demoModel(counting);
  const { make, after } = STEPS["hidden transfer and prompt lookup"];
  const method = make(model);
  const stepOf = (kind: StepKind) => recordStep(model, method, "greedy", kind);
  const bare = { inLayers: 40, choosing: PASS, after: ["accept", "lookup"] };
  assertEquals(stepOf({ nodes: 1, drafts: "none" }), bare);
  assertEquals(stepOf({ nodes: 4, drafts: "lookups" }), bare);
  assertEquals(stepOf({ nodes: 4, drafts: "all" }).after, after);
  const phrases = createPhrases(counting, 64);
  const withPhrases = combined(createMaps(counting, 256, [5], "zero", 4096), { nodes: 8 }, phrases);
  const lookups = recordStep(model, withPhrases, "greedy", { nodes: 4, drafts: "lookups" });
  assertEquals(lookups.after, ["accept", "lookup", "grow_phrases"]);
});
