import { attention, type RowDescription } from "./attention.ts";
import type { Floats } from "./floats.ts";
import { matmul } from "./matmul.ts";
import { rmsNorm } from "./rms_norm.ts";
import { applyRope, type RopeScaling, ropeTable } from "./rope.ts";
import { argmax } from "./sampling.ts";
import { swiglu } from "./swiglu.ts";

/** The sizes and constants of a Llama model that its forward pass needs. */
export interface LlamaConfig {
  hiddenSize: number;
  intermediateSize: number;
  layerCount: number;
  headCount: number;
  kvHeadCount: number;
  headDim: number;
  vocabSize: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | null;
  rmsNormEps: number;
  /** True if the embedding matrix is also the LM head. */
  tieWordEmbeddings: boolean;
}

/** A stored tensor, row-major. */
export interface Tensor {
  shape: readonly number[];
  data: Floats;
}

/** Tensors by the names that Hugging Face checkpoints give them. */
export type LlamaWeights = ReadonlyMap<string, Tensor>;

/** A token and its place in the text. */
export type TokenRow = RowDescription & { token: number };

/** Rotated keys and values of all slots, one array per layer, [slots, kvHeadCount, headDim]. */
export interface KvCache {
  keys: Float64Array[];
  values: Float64Array[];
  /** Applied to everything that is stored, to imitate a cache of fewer bits. */
  round: (x: number) => number;
}

/** An empty cache. `round` says how it stores numbers, exactly if left out. */
export function createKvCache(
  config: LlamaConfig,
  slotCount: number,
  round: (x: number) => number = (x) => x,
): KvCache {
  const length = slotCount * config.kvHeadCount * config.headDim;
  const perLayer = () => Array.from({ length: config.layerCount }, () => new Float64Array(length));
  return { keys: perLayer(), values: perLayer(), round };
}

/** What a forward pass computes. */
export interface Forward {
  /** [rows, vocabSize] */
  logits: Float64Array;
  /** Residual stream, [rows, hiddenSize]: entry l enters layer l, the last leaves the last layer. */
  hidden: Float64Array[];
}

/**
 * The whole model (Touvron et al., LLaMA, 2023) for a batch of rows, top to bottom.
 *
 * All keys and values of a layer are stored before its attention, so a row may see rows of its own
 * batch. Throws if a tensor is missing or has another shape.
 */
export function forwardRows(
  weights: LlamaWeights,
  config: LlamaConfig,
  rows: readonly TokenRow[],
  cache: KvCache,
): Forward {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim, vocabSize } = config;
  const querySize = headCount * headDim;
  const kvSize = kvHeadCount * headDim;
  const rope = ropeTable(
    headDim,
    config.ropeTheta,
    config.ropeScaling,
    Math.max(...rows.map((row) => row.position)) + 1,
  );
  const tensor = (name: string, ...shape: number[]) => tensorData(weights, name, shape);
  const linear = (x: Floats, name: string, columns: number, inner: number) =>
    matmul(x, tensor(name, columns, inner), { rows: rows.length, inner, columns });
  const rotate = (x: Float64Array) =>
    rotateRows(x, rows, (heads, at) => applyRope(heads, at, rope));

  const embedding = tensor("model.embed_tokens.weight", vocabSize, hiddenSize);
  let x = new Float64Array(rows.length * hiddenSize); // [rows, hidden]
  rows.forEach(({ token }, row) => {
    x.set(embedding.subarray(token * hiddenSize, (token + 1) * hiddenSize), row * hiddenSize);
  });
  const hidden = [x];

  for (let layer = 0; layer < config.layerCount; layer++) {
    const at = `model.layers.${layer}`;

    const attentionInput = rmsNorm(
      x,
      tensor(`${at}.input_layernorm.weight`, hiddenSize),
      config.rmsNormEps,
    );
    const q = rotate(
      linear(attentionInput, `${at}.self_attn.q_proj.weight`, querySize, hiddenSize),
    );
    const k = rotate(linear(attentionInput, `${at}.self_attn.k_proj.weight`, kvSize, hiddenSize));
    const v = linear(attentionInput, `${at}.self_attn.v_proj.weight`, kvSize, hiddenSize);
    storeRows(cache.keys[layer], k.map(cache.round), rows, kvSize);
    storeRows(cache.values[layer], v.map(cache.round), rows, kvSize);
    const mixed = attention(q, cache.keys[layer], cache.values[layer], rows, config);
    x = sum(x, linear(mixed, `${at}.self_attn.o_proj.weight`, hiddenSize, querySize));

    const mlpInput = rmsNorm(
      x,
      tensor(`${at}.post_attention_layernorm.weight`, hiddenSize),
      config.rmsNormEps,
    );
    const gate = linear(mlpInput, `${at}.mlp.gate_proj.weight`, intermediateSize, hiddenSize);
    const up = linear(mlpInput, `${at}.mlp.up_proj.weight`, intermediateSize, hiddenSize);
    const activation = swiglu(gate, up);
    x = sum(x, linear(activation, `${at}.mlp.down_proj.weight`, hiddenSize, intermediateSize));
    hidden.push(x);
  }

  const normed = rmsNorm(x, tensor("model.norm.weight", hiddenSize), config.rmsNormEps);
  const head = config.tieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  return { logits: linear(normed, head, vocabSize, hiddenSize), hidden };
}

/** The tensor's numbers, after a look at its shape. */
function tensorData(weights: LlamaWeights, name: string, shape: number[]): Floats {
  const tensor = weights.get(name);
  if (tensor === undefined) throw new RangeError(`no tensor ${name}`);
  if (tensor.shape.join() !== shape.join()) {
    throw new RangeError(`${name} has shape [${tensor.shape}], expected [${shape}]`);
  }
  return tensor.data;
}

/** Rotates each row of x [rows, heads · headDim] by its own position. */
function rotateRows(
  x: Float64Array,
  rows: readonly RowDescription[],
  rotate: (heads: Float64Array, position: number) => Float64Array,
): Float64Array {
  const width = x.length / rows.length;
  const y = new Float64Array(x.length);
  rows.forEach(({ position }, row) => {
    y.set(rotate(x.subarray(row * width, (row + 1) * width), position), row * width);
  });
  return y;
}

/** Puts each row of x [rows, width] into its slot of the cache [slots, width]. */
function storeRows(
  cache: Float64Array,
  x: Float64Array,
  rows: readonly RowDescription[],
  width: number,
): void {
  rows.forEach(({ slot }, row) => {
    cache.set(x.subarray(row * width, (row + 1) * width), slot * width);
  });
}

function sum(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(a, (value, i) => value + b[i]);
}

/** Rows for consecutive tokens of the text, each in the slot of its own position. */
export function chainRows(tokens: readonly number[], firstPosition: number): TokenRow[] {
  return tokens.map((token, i) => {
    const position = firstPosition + i;
    return { token, position, prefix: position, slot: position, ancestors: [position] };
  });
}

/**
 * Continues the prompt with the model's most probable token, one pass per token, and returns the
 * new ids: `maxTokens` of them, or fewer when one of `endTokens` comes, which is then the last.
 */
export function greedy(
  weights: LlamaWeights,
  config: LlamaConfig,
  promptIds: readonly number[],
  maxTokens: number,
  endTokens: readonly number[],
): number[] {
  const cache = createKvCache(config, promptIds.length + maxTokens);
  const ids: number[] = [];
  let rows = chainRows(promptIds, 0);
  while (ids.length < maxTokens) {
    const { logits } = forwardRows(weights, config, rows, cache);
    const next = argmax(logits.subarray(logits.length - config.vocabSize));
    ids.push(next);
    if (endTokens.includes(next)) break;
    rows = chainRows([next], promptIds.length + ids.length - 1);
  }
  return ids;
}
