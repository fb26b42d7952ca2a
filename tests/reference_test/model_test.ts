import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { roundToHalf } from "../../src/checks/oracles/numbers/half.ts";
import { type LlamaConstants, llamaPlan, type ReferenceConfig } from "../reference/config.ts";
import { greedy } from "../reference/greedy.ts";
import {
  chainRows,
  createKvCache,
  forwardRows,
  type ModelFloats,
  type Tensor,
} from "../reference/model.ts";
import {
  randomIntegers,
  randomNormals,
  randomParents,
} from "../../src/checks/oracles/numbers/random.ts";
import { argmax } from "../../src/checks/oracles/sampling.ts";
import { pathTo, treeRows } from "../../src/checks/oracles/drafts/tree.ts";
import {
  DEMO_CONFIG,
  DEMO_END_TOKENS,
  demoConfigJson,
  demoWeights,
  goldenCases,
} from "./demo_weights.ts";

/** A small Llama. */
function tinyLlama(options: Partial<ReferenceConfig & LlamaConstants> = {}): ReferenceConfig {
  const constants = { layerCount: 2, headDim: 8, ropeTheta: 100, ropeScaling: null, ...options };
  return {
    hiddenSize: 16,
    intermediateSize: 24,
    headCount: 4,
    kvHeadCount: 2,
    vocabSize: 31,
    normEpsilon: 1e-5,
    tieWordEmbeddings: false,
    ...llamaPlan(constants),
    ...constants,
  };
}

const TINY = tinyLlama();

/** Random weights of a small model. */
function randomWeights(config: ReferenceConfig): ModelFloats {
  const { hiddenSize, intermediateSize, vocabSize } = config;
  const querySize = config.headCount * config.headDim;
  const kvSize = config.kvHeadCount * config.headDim;
  const weights = new Map<string, Tensor>();
  const add = (name: string, ...shape: number[]) => {
    const length = shape.reduce((a, b) => a * b);
    weights.set(name, { shape, data: randomNormals(length, weights.size, 0.4) });
  };
  add("model.embed_tokens.weight", vocabSize, hiddenSize);
  for (let layer = 0; layer < config.layerCount; layer++) {
    const at = `model.layers.${layer}`;
    add(`${at}.input_layernorm.weight`, hiddenSize);
    add(`${at}.self_attn.q_proj.weight`, querySize, hiddenSize);
    add(`${at}.self_attn.k_proj.weight`, kvSize, hiddenSize);
    add(`${at}.self_attn.v_proj.weight`, kvSize, hiddenSize);
    add(`${at}.self_attn.o_proj.weight`, hiddenSize, querySize);
    add(`${at}.post_attention_layernorm.weight`, hiddenSize);
    add(`${at}.mlp.gate_proj.weight`, intermediateSize, hiddenSize);
    add(`${at}.mlp.up_proj.weight`, intermediateSize, hiddenSize);
    add(`${at}.mlp.down_proj.weight`, hiddenSize, intermediateSize);
  }
  add("model.norm.weight", hiddenSize);
  add("lm_head.weight", vocabSize, hiddenSize);
  return weights;
}

/** Logits after the last token of a text that is run in one batch. */
function lastLogits(weights: ModelFloats, config: ReferenceConfig, tokens: number[]): Float64Array {
  const cache = createKvCache(config, tokens.length);
  const { logits } = forwardRows(weights, config, chainRows(tokens, 0), cache);
  return logits.slice(-config.vocabSize);
}

const weights = await demoWeights();
const golden = await goldenCases();

Deno.test("the demo model's sizes here are those of its config.json", async () => {
  const json = await demoConfigJson();
  assertEquals(
    {
      hidden_size: DEMO_CONFIG.hiddenSize,
      intermediate_size: DEMO_CONFIG.intermediateSize,
      num_hidden_layers: DEMO_CONFIG.layerCount,
      num_attention_heads: DEMO_CONFIG.headCount,
      num_key_value_heads: DEMO_CONFIG.kvHeadCount,
      head_dim: DEMO_CONFIG.headDim,
      vocab_size: DEMO_CONFIG.vocabSize,
      rope_theta: DEMO_CONFIG.layers[0].attention.rotation!.theta,
      rope_scaling: DEMO_CONFIG.layers[0].attention.rotation!.scaling,
      rms_norm_eps: DEMO_CONFIG.normEpsilon,
      tie_word_embeddings: DEMO_CONFIG.tieWordEmbeddings,
      eos_token_id: DEMO_END_TOKENS,
    } as Record<string, unknown>,
    Object.fromEntries(
      [
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
        "head_dim",
        "vocab_size",
        "rope_theta",
        "rope_scaling",
        "rms_norm_eps",
        "tie_word_embeddings",
        "eos_token_id",
      ].map((key) => [key, json[key]]),
    ),
  );
});

// A tale cut after 12 tokens, and three dialogues that end by themselves within 8.
for (const [index, maxTokens] of [[4, 12], [6, 48], [8, 48], [22, 48]]) {
  const { prompt, prompt_ids, greedy_ids, ...expected } = golden[index];

  Deno.test(`logits equal another implementation's to 1e-4 after ${JSON.stringify(prompt)}`, () => {
    const logits = lastLogits(weights, DEMO_CONFIG, prompt_ids);
    for (const [id, logit] of expected.last_logits_top) {
      assertAlmostEquals(logits[id], logit, 1e-4, `logit of ${id}`);
    }
    const sum = logits.reduce((a, b) => a + b);
    const norm = Math.sqrt(logits.reduce((a, b) => a + b * b, 0));
    assertAlmostEquals(sum, expected.last_logits_sum, 1e-4);
    assertAlmostEquals(norm, expected.last_logits_norm, 1e-6);
  });

  Deno.test(`greedy ids equal another implementation's after ${JSON.stringify(prompt)}`, () => {
    const ids = greedy(weights, DEMO_CONFIG, prompt_ids, maxTokens, DEMO_END_TOKENS);
    assertEquals(ids, greedy_ids.slice(0, maxTokens));
  });
}

Deno.test("a text has the same logits, bit for bit, in one batch and token by token", () => {
  const tiny = randomWeights(TINY);
  const tokens = randomIntegers(9, 1, TINY.vocabSize);
  const cache = createKvCache(TINY, tokens.length);
  const { logits } = forwardRows(
    tiny,
    TINY,
    chainRows(tokens, 0),
    createKvCache(TINY, tokens.length),
  );
  tokens.forEach((token, position) => {
    const alone = forwardRows(tiny, TINY, chainRows([token], position), cache).logits;
    assertEquals(alone, logits.slice(position * TINY.vocabSize, (position + 1) * TINY.vocabSize));
  });
});

Deno.test("every node of a random tree has the logits of its path as a text, bit for bit", () => {
  const tiny = randomWeights(TINY);
  const prompt = randomIntegers(5, 2, TINY.vocabSize);
  for (let seed = 0; seed < 5; seed++) {
    const parents = randomParents(10, seed);
    const tokens = randomIntegers(10, seed, TINY.vocabSize);
    const cache = createKvCache(TINY, 20);
    forwardRows(tiny, TINY, chainRows(prompt, 0), cache);
    const rows = treeRows(parents, prompt.length, prompt.length + 3)
      .map((row, node) => ({ ...row, token: tokens[node] }));
    const { logits } = forwardRows(tiny, TINY, rows, cache);
    parents.forEach((_, node) => {
      const text = [...prompt, ...pathTo(parents, node).map((ancestor) => tokens[ancestor])];
      const inTree = logits.slice(node * TINY.vocabSize, (node + 1) * TINY.vocabSize);
      assertEquals(inTree, lastLogits(tiny, TINY, text), `node ${node} of tree ${seed}`);
    });
  }
});

Deno.test("hidden holds the residual stream from the embedding to the last layer", () => {
  const tiny = randomWeights(TINY);
  const { hidden } = forwardRows(tiny, TINY, chainRows([3, 8], 0), createKvCache(TINY, 2));
  assertEquals(hidden.length, TINY.layerCount + 1);
  const embedding = tiny.get("model.embed_tokens.weight")!.data;
  assertEquals([...hidden[0].subarray(16)], [...embedding.subarray(8 * 16, 9 * 16)]);
  const oneLayer = tinyLlama({ layerCount: 1 });
  const first = forwardRows(tiny, oneLayer, chainRows([3, 8], 0), createKvCache(oneLayer, 2));
  assertEquals(first.hidden[1], hidden[1]);
  assert(hidden[2].every((value, i) => value !== hidden[1][i]));
});

Deno.test("a tied model's LM head is its embedding", () => {
  const separate = new Map(randomWeights(TINY));
  const before = lastLogits(separate, TINY, [1, 2, 3]);
  separate.set("lm_head.weight", separate.get("model.embed_tokens.weight")!);
  const after = lastLogits(separate, TINY, [1, 2, 3]);
  separate.delete("lm_head.weight");
  assertEquals(lastLogits(separate, { ...TINY, tieWordEmbeddings: true }, [1, 2, 3]), after);
  assert(before[0] !== after[0]);
});

Deno.test("rope scaling reaches the model", () => {
  const tiny = randomWeights(TINY);
  const scaled = tinyLlama({ ropeScaling: { type: "linear", factor: 2 } });
  assert(lastLogits(tiny, scaled, [1, 2])[0] !== lastLogits(tiny, TINY, [1, 2])[0]);
  assertEquals(lastLogits(tiny, scaled, [1]), lastLogits(tiny, TINY, [1]));
});

Deno.test("a cache that stores halves changes the logits a little", () => {
  const tiny = randomWeights(TINY);
  const rows = chainRows([1, 2, 3, 4], 0);
  const exact = forwardRows(tiny, TINY, rows, createKvCache(TINY, 4)).logits;
  const halves = createKvCache(TINY, 4, (x) => roundToHalf(x, "F16"));
  const rounded = forwardRows(tiny, TINY, rows, halves).logits;
  const difference = Math.max(...exact.map((value, i) => Math.abs(value - rounded[i])));
  assert(difference > 1e-6 && difference < 1e-2, `differs by ${difference}`);
  for (const stored of [...halves.keys, ...halves.values]) {
    assert(stored.every((value) => value === roundToHalf(value, "F16")));
  }
});

Deno.test("greedy stops at an end token, which is the last id, and at the limit", () => {
  const tiny = randomWeights(TINY);
  const ids = greedy(tiny, TINY, [1, 2], 6, []);
  assertEquals(ids.length, 6);
  assertEquals(ids[0], argmax(lastLogits(tiny, TINY, [1, 2])));
  const end = ids[3];
  assertEquals(greedy(tiny, TINY, [1, 2], 6, [end]), ids.slice(0, ids.indexOf(end) + 1));
});

Deno.test("a missing tensor or one of another shape is named", () => {
  const tiny = new Map(randomWeights(TINY));
  const norm = tiny.get("model.norm.weight")!;
  tiny.set("model.norm.weight", { ...norm, shape: [4, 4] });
  assertThrows(() => lastLogits(tiny, TINY, [1]), RangeError, "model.norm.weight");
  tiny.delete("model.norm.weight");
  assertThrows(() => lastLogits(tiny, TINY, [1]), RangeError, "no tensor model.norm.weight");
});
