import { attention, type RowDescription } from "../../src/checks/oracles/attention.ts";
import type { Floats } from "../../src/checks/oracles/numbers/floats.ts";
import { matmul } from "../../src/checks/oracles/matmul.ts";
import { queryGrowth } from "../../src/checks/oracles/query_growth.ts";
import { layerNorm } from "../../src/checks/oracles/layer_norm.ts";
import { rmsNorm } from "../../src/checks/oracles/rms_norm.ts";
import { applyRope, ropeTable } from "../../src/checks/oracles/rope.ts";
import { gated, UNGATED } from "../../src/checks/oracles/swiglu.ts";
import type { ReferenceConfig } from "./config.ts";
import { mixExperts } from "./experts.ts";

/** A stored tensor, row-major. */
export interface Tensor {
  shape: readonly number[];
  data: Floats;
}

/**
 * Tensors by the names that Llama's checkpoints give them. What a Llama does not have is named after its role:
 * `embed_positions`, `norm_after_attention`, `norm_after_mlp`, `self_attn.sinks`, `self_attn.q_norm`, `self_attn.k_norm`, those of
 * single heads `self_attn.q_norm.0`, and biases `….bias`. Weights of norms are what their rows are multiplied
 * with.
 */
export type ModelFloats = ReadonlyMap<string, Tensor>;

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
  config: ReferenceConfig,
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
 * The whole model (Touvron et al., LLaMA, 2023, and what its followers changed) for a batch of rows,
 * top to bottom.
 *
 * All keys and values of a layer are stored before its attention, so a row may see rows of its own
 * batch. Throws if a tensor is missing or has another shape.
 */
export function forwardRows(
  weights: ModelFloats,
  config: ReferenceConfig,
  rows: readonly TokenRow[],
  cache: KvCache,
): Forward {
  const { hiddenSize, vocabSize, layerCount } = config;
  const embedding = tensorData(weights, "model.embed_tokens.weight", [vocabSize, hiddenSize]);
  let x = new Float64Array(rows.length * hiddenSize); // [rows, hidden]
  rows.forEach(({ token }, row) => {
    x.set(embedding.subarray(token * hiddenSize, (token + 1) * hiddenSize), row * hiddenSize);
  });
  x = x.map((value) => value * config.embeddingScale);
  if (config.learntPositions) x = sum(x, positionsOf(weights, config, rows), 1);
  const hidden = [x];
  for (let layer = 0; layer < layerCount; layer++) {
    x = forwardLayer(weights, config, layer, x, rows, cache);
    hidden.push(x);
  }
  return { logits: logitsOf(weights, config, x), hidden };
}

/** Learnt embeddings of the rows' positions, [rows, hidden]. */
function positionsOf(
  weights: ModelFloats,
  { hiddenSize, learntPositions }: ReferenceConfig,
  rows: readonly TokenRow[],
): Float64Array {
  const { data } = weights.get("model.embed_positions.weight")!;
  const all = new Float64Array(rows.length * hiddenSize);
  rows.forEach(({ position }, row) => {
    const at = (learntPositions!.first + position) * hiddenSize;
    all.set(data.subarray(at, at + hiddenSize), row * hiddenSize);
  });
  return all;
}

/** One layer: x [rows, hidden] as it enters, to x as it leaves. */
export function forwardLayer(
  weights: ModelFloats,
  config: ReferenceConfig,
  layer: number,
  x: Floats,
  rows: readonly RowDescription[],
  cache: KvCache,
): Float64Array<ArrayBuffer> {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const { norms, residualScale, parallel, attention: plan, mlp } = config.layers[layer];
  const querySize = headCount * headDim;
  const kvSize = kvHeadCount * headDim;
  const at = `model.layers.${layer}`;
  const linear = (x: Floats, name: string, columns: number, inner: number, bias: boolean) => {
    const matrix = tensorData(weights, `${at}.${name}.weight`, [columns, inner]);
    const y = matmul(x, matrix, { rows: x.length / inner, inner, columns });
    if (!bias) return y;
    const added = tensorData(weights, `${at}.${name}.bias`, [columns]);
    return y.map((value, i) => value + added[i % columns]);
  };
  const norm = (x: Floats, name: string, size = hiddenSize) =>
    normOf(weights, config, `${at}.${name}`, x, size);
  const before = (x: Floats, name: string) => norms === "after" ? x : norm(x, name);
  const after = (y: Floats, name: string) => norms === "before" ? y : norm(y, name);
  const headNorm = (x: Floats, name: string, size: number) => {
    if (plan.headNorm === "none") return x;
    if (plan.headNorm !== "each-layer") {
      return norm(x, name, plan.headNorm === "all" ? size : headDim);
    }
    return mapRows(x, headDim, (head, i) => {
      const weight = tensorData(weights, `${at}.${name}.${i % (size / headDim)}.weight`, [headDim]);
      return layerNorm(head, weight, null, config.normEpsilon);
    });
  };
  const turn = (x: Floats) => {
    if (plan.rotation === null) return x;
    const { theta, dimensions, scaling, interleaved } = plan.rotation;
    const positions = Math.max(...rows.map((row) => row.position)) + 1;
    const rope = { ...ropeTable(dimensions, theta, scaling, positions), interleaved };
    return rotateRows(x, rows, (heads, position) => applyRope(heads, position, rope, headDim));
  };

  const grow = (queries: Floats) => {
    const factors = rows.map(({ position }) => queryGrowth(plan.queryGrowth, position));
    return queries.map((value, i) => value * factors[Math.floor(i / querySize)]);
  };

  const attentionInput = before(x, "input_layernorm");
  const input = (name: string, size: number) =>
    linear(attentionInput, `self_attn.${name}_proj`, size, hiddenSize, plan.inputBias);
  const place = (name: "q" | "k", size: number) => {
    const heads = input(name, size);
    const norm = (x: Floats) => headNorm(x, `self_attn.${name}_norm`, size);
    return plan.headNorm === "each-rotated" ? norm(turn(heads)) : turn(norm(heads));
  };
  const q = grow(place("q", querySize));
  const k = place("k", kvSize);
  storeRows(cache.keys[layer], Float64Array.from(k, cache.round), rows, kvSize);
  storeRows(cache.values[layer], input("v", kvSize).map(cache.round), rows, kvSize);
  const sinks = plan.sinks ? tensorData(weights, `${at}.self_attn.sinks`, [headCount]) : null;
  const shape = { ...config, ...plan, sinks };
  const mixed = attention(q, cache.keys[layer], cache.values[layer], rows, shape);
  const output = linear(mixed, "self_attn.o_proj", hiddenSize, querySize, plan.outputBias);
  const middle = sum(x, after(output, "norm_after_attention"), residualScale);

  const mlpInput = parallel === "shared-norm"
    ? attentionInput
    : before(parallel ? x : middle, "post_attention_layernorm");
  const { experts, activation: kind } = mlp;
  if (experts && !isUngated(kind)) {
    const mixed = mapRows(
      mlpInput,
      hiddenSize,
      (row) => mixExperts(row, config, experts, kind, linear),
    );
    return sum(middle, mixed, residualScale);
  }
  const half = (name: string) =>
    linear(mlpInput, `mlp.${name}_proj`, intermediateSize, hiddenSize, mlp.bias);
  const activation = isUngated(kind)
    ? half("up").map(UNGATED[kind])
    : gated(half("gate"), half("up"), kind);
  const down = linear(activation, "mlp.down_proj", hiddenSize, intermediateSize, mlp.bias);
  return sum(middle, after(down, "norm_after_mlp"), residualScale);
}

/** Logits [rows, vocabSize] of rows x [rows, hidden] that have left the last layer. */
export function logitsOf(weights: ModelFloats, config: ReferenceConfig, x: Floats): Float64Array {
  const { hiddenSize: inner, vocabSize: columns, logitScale, logitSoftCap } = config;
  const normed = normOf(weights, config, "model.norm", x, inner);
  const head = config.tieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  const matrix = tensorData(weights, head, [columns, inner]);
  const bias = config.headBias ? tensorData(weights, "lm_head.bias", [columns]) : null;
  const logits = matmul(normed, matrix, { rows: x.length / inner, inner, columns })
    .map((logit, i) => (logit + (bias?.[i % columns] ?? 0)) * logitScale);
  return logitSoftCap === null
    ? logits
    : logits.map((logit) => logitSoftCap * Math.tanh(logit / logitSoftCap));
}

function isUngated(activation: string): activation is keyof typeof UNGATED {
  return activation in UNGATED;
}

/** Rows of x through the model's kind of norm. */
export function normOf(
  weights: ModelFloats,
  { norm, normEpsilon }: ReferenceConfig,
  name: string,
  x: Floats,
  size: number,
): Float64Array {
  if (norm === "bare-layer") return layerNorm(x, new Float64Array(size).fill(1), null, normEpsilon);
  const weight = tensorData(weights, `${name}.weight`, [size]);
  if (norm === "rms") return rmsNorm(x, weight, normEpsilon);
  const bias = norm === "layer" ? null : tensorData(weights, `${name}.bias`, [size]);
  return layerNorm(x, weight, bias, normEpsilon);
}

/** The tensor's numbers, after a look at its shape. */
function tensorData(weights: ModelFloats, name: string, shape: number[]): Floats {
  const tensor = weights.get(name);
  if (tensor === undefined) throw new RangeError(`no tensor ${name}`);
  if (tensor.shape.join() !== shape.join()) {
    throw new RangeError(`${name} has shape [${tensor.shape}], expected [${shape}]`);
  }
  return tensor.data;
}

/** Rotates each row of x [rows, heads · headDim] by its own position. */
function rotateRows(
  x: Floats,
  rows: readonly RowDescription[],
  rotate: (heads: Floats, position: number) => Float64Array,
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

/** Each row of x [rows, width] by itself. */
function mapRows(
  x: Floats,
  width: number,
  map: (row: Floats, index: number) => Float64Array,
): Float64Array {
  const y = new Float64Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    y.set(map(x.subarray(at, at + width), at / width), at);
  }
  return y;
}

function sum(a: Floats, b: Floats, factor: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(a, (value, i) => value + factor * b[i]);
}

/** Rows for consecutive tokens of the text, each in the slot of its own position. */
export function chainRows(tokens: readonly number[], firstPosition: number): TokenRow[] {
  return tokens.map((token, i) => {
    const position = firstPosition + i;
    return { token, position, prefix: position, slot: position, ancestors: [position] };
  });
}
