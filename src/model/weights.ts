import type { Safetensors } from "../format/safetensors/safetensors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { freeWeightMatrix, type WeightMatrix } from "../ops/products/weights.ts";
import type { LayerTensors, ModelTensors, TensorRows } from "./architectures/architecture.ts";
import type { LayerPlan, ModelConfig, Rotation } from "./config.ts";
import { type ExpertWeights, loadExperts, matricesOf } from "./experts/expert_weights.ts";
import { gateAndUpSource, type PartRow, type TensorPart } from "./loading/gathered_rows.ts";
import type { Linear } from "./linear.ts";
import { rotationTable } from "./rotations.ts";
import { type HeadNorms, loadHeadNorms } from "./loading/head_norms.ts";
import { attentionInputSource, headOrder, strided } from "./loading/head_rows.ts";
import { WeightLoader } from "./loading/weight_loader.ts";

/** Weights of one layer, as the kernels read them. */
export interface LayerWeights {
  /** Norms [hidden] f32, as the layer's plan has them; biases of a LayerNorm stand behind its weights. */
  norms: {
    beforeAttention: GPUBuffer | undefined;
    afterAttention: GPUBuffer | undefined;
    beforeMlp: GPUBuffer | undefined;
    afterMlp: GPUBuffer | undefined;
  };
  /** Norms of query and key heads. */
  headNorm: HeadNorms | undefined;
  /** [heads] f32, the sinks of attention; undefined if there are none. */
  sinks: GPUBuffer | undefined;
  /** [(heads + 2 · kvHeads) · headDim, hidden]: query, key and value heads. */
  attentionInputs: Linear;
  /** [hidden, heads · headDim]. */
  attentionOutput: Linear;
  /**
   * [2 · intermediate, hidden], gate and up interleaved by fours; or [intermediate, hidden], up alone. Of
   * experts those of one below those of the other.
   */
  mlpInputs: Linear;
  /** [hidden, intermediate]; of experts one below the other. */
  down: Linear;
  /** What a layer with experts has besides. */
  experts: ExpertWeights | undefined;
  /** [positions, headDim / 8, 2, 4] f32: four cosines, then their sines; undefined if heads are not rotated. */
  rotations: GPUBuffer | undefined;
}

/** All weights of a model, and the rotations of its positions. */
export interface ModelWeights extends Disposable {
  /** [vocabulary, hidden]. */
  embedding: WeightMatrix;
  /** [positions, hidden] f32, which are added to the embeddings; undefined if there are none. */
  positions: GPUBuffer | undefined;
  layers: readonly LayerWeights[];
  /** [hidden] f32; biases of a LayerNorm stand behind its weights. */
  finalNorm: GPUBuffer;
  /** [vocabulary, hidden]; the embedding where they are tied. */
  head: WeightMatrix;
  /** [vocabulary] f32, added to the products with the head; undefined if there is none. */
  headBias: GPUBuffer | undefined;
}

/** What is read, and how far. */
export interface WeightSources {
  tensors: Safetensors;
  names: ModelTensors;
  /** Name of the LM head's bias, for a plan that has one. */
  headBias: string;
  /** Positions that the rotation tables cover. */
  contextLength: number;
  /** Hears the bytes so far and the bytes in all. */
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  /** Hears the names of all tensors that will be read, before anything is uploaded. */
  onNames?: (names: ReadonlySet<string>) => void;
}

/**
 * Reads and uploads a model's weights.
 * @throws DataError if a tensor is missing or has another shape; before anything is uploaded.
 */
export async function loadWeights(
  gpu: Gpu,
  config: ModelConfig,
  { tensors, names, headBias: biasOfHead, contextLength, onProgress, onNames }: WeightSources,
): Promise<ModelWeights> {
  const { hiddenSize, vocabSize } = config;
  using loader = new WeightLoader(gpu, tensors, config.quantization);
  const matrix = (name: string) =>
    loader.matrix({
      label: name,
      parts: [{ name, rows: vocabSize }],
      inner: hiddenSize,
      isLookedUp: name === names.embedding,
    });
  using owned = new DisposableStack();
  const rotations = owned.use(new RotationTables(gpu, config.headDim, contextLength));
  const source: LayerSource = { loader, config, normOffset: names.normOffset };
  const embedding = matrix(names.embedding);
  const positions = loadPositions(source, names, contextLength);
  const layers = config.layers.map((plan, i) => loadLayer(source, plan, names.layer(i)));
  const finalNorm = norm(source, names.finalNorm);
  const head = config.tieWordEmbeddings ? embedding : matrix(names.head);
  const headBias = config.headBias
    ? loader.vector({
      label: "bias of the head",
      parts: [{ name: biasOfHead, rows: vocabSize }],
    })
    : undefined;
  onNames?.(loader.names);
  const rotated = layers.map((layer, i) => ({
    ...layer,
    rotations: rotations.tableFor(config.layers[i]),
  }));
  await loader.upload(onProgress);
  const tables = owned.move();
  return {
    embedding,
    positions,
    layers: rotated,
    finalNorm,
    head,
    headBias,
    [Symbol.dispose]() {
      tables.dispose();
      for (const matrix of new Set([embedding, head])) freeWeightMatrix(gpu, matrix);
      gpu.free(finalNorm, ...[headBias, positions].filter((buffer) => buffer !== undefined));
      for (const layer of layers) freeLayer(gpu, layer);
    },
  };
}

/** The table of learnt positions, as far as the context reaches. */
function loadPositions(
  { loader, config: { hiddenSize, learntPositions, ...config } }: LayerSource,
  { positions: name }: ModelTensors,
  contextLength: number,
): GPUBuffer | undefined {
  if (!learntPositions || name === undefined) return undefined;
  const { first } = learntPositions;
  const rows = contextLength * hiddenSize;
  const shape = [first + config.contextLength, hiddenSize];
  const part = { name, rows, first: first * hiddenSize, shape };
  return loader.vector({ label: "embeddings of positions", parts: [part] });
}

/** Where the weights of layers come from. */
interface LayerSource {
  loader: WeightLoader;
  config: ModelConfig;
  normOffset: number;
}

function loadLayer(
  source: LayerSource,
  plan: LayerPlan,
  names: LayerTensors,
): Omit<LayerWeights, "rotations"> {
  const { hiddenSize, headCount, kvHeadCount, headDim } = source.config;
  const { attention, mlp } = plan;
  const order = headOrder(headDim, attention.rotation);
  const { norms, query, key, value, attentionOutput } = names;
  const heads = [query, key, value];
  const optionalNorm = (name: string | undefined) => name && norm(source, name) || undefined;
  return {
    norms: {
      beforeAttention: optionalNorm(norms.beforeAttention),
      afterAttention: optionalNorm(norms.afterAttention),
      beforeMlp: plan.parallel === "shared-norm" ? undefined : optionalNorm(norms.beforeMlp),
      afterMlp: optionalNorm(norms.afterMlp),
    },
    headNorm: loadHeadNorms(source.loader, source.config, plan, names, {
      order,
      offset: source.normOffset,
    }),
    sinks: attention.sinks
      ? source.loader.vector({ label: "sinks", parts: [{ name: names.sinks!, rows: headCount }] })
      : undefined,
    attentionInputs: linear(source, {
      label: `attention inputs of ${query.name}`,
      inner: hiddenSize,
      parts: heads,
      bias: attention.inputBias,
      sourceOf: (column) =>
        strided(heads, headDim, attentionInputSource(order, headCount, kvHeadCount, column)),
      block: headDim,
    }),
    attentionOutput: linear(source, {
      label: attentionOutput.name,
      inner: headCount * headDim,
      parts: [attentionOutput],
      bias: attention.outputBias,
    }),
    ...(mlp.experts
      ? loadExperts(source.loader, source.config, mlp.experts, names.experts!)
      : { ...loadMlp(source, plan, names), experts: undefined }),
  };
}

function loadMlp(
  source: LayerSource,
  { mlp: { bias } }: LayerPlan,
  { gate, up, down }: LayerTensors,
): Pick<LayerWeights, "mlpInputs" | "down"> {
  const { hiddenSize, intermediateSize } = source.config;
  return {
    mlpInputs: linear(source, {
      label: gate ? `gate and up of ${gate.name}` : up.name,
      inner: hiddenSize,
      parts: gate ? [gate, up] : [up],
      bias,
      ...(gate && { sourceOf: gateAndUpSource, block: 8 }),
    }),
    down: linear(source, { label: down.name, inner: intermediateSize, parts: [down], bias }),
  };
}

/** A matrix, and its bias in the same order of columns. */
function linear({ loader }: LayerSource, { label, inner, parts, bias, sourceOf, block }: {
  label: string;
  inner: number;
  parts: readonly TensorRows[];
  bias: boolean;
  sourceOf?: (column: number) => PartRow;
  block?: number;
}): Linear {
  const named = (suffix: string): TensorPart[] =>
    parts.map((part) => ({ ...part, name: `${part.name}.${suffix}` }));
  return {
    weights: loader.matrix({ label, inner, parts: named("weight"), sourceOf, block }),
    bias: bias
      ? loader.vector({ label: `bias of ${label}`, parts: named("bias"), sourceOf })
      : undefined,
  };
}

/** The name of the bias that belongs to weights. */
function biasOf(weight: string): string {
  return weight.replace(/weight$/, "bias");
}

function norm({ loader, config, normOffset }: LayerSource, name: string): GPUBuffer {
  const rows = config.hiddenSize;
  if (config.norm === "bare-layer") return loader.ones(name, rows);
  const weight = { name, rows, offset: normOffset };
  const parts = config.norm === "biased-layer" ? [weight, { name: biasOf(name), rows }] : [weight];
  return loader.vector({ label: name, parts });
}

/** Positions whose rotations are in host memory at once. */
const ROTATED_AT_ONCE = 8192;

/** A table for each way of rotating. */
class RotationTables implements Disposable {
  readonly #gpu: Gpu;
  readonly #headDim: number;
  readonly #positions: number;
  readonly #tables: Map<string, GPUBuffer> = new Map();

  constructor(gpu: Gpu, headDim: number, positions: number) {
    this.#gpu = gpu;
    this.#headDim = headDim;
    this.#positions = positions;
  }

  tableFor({ attention: { rotation } }: LayerPlan): GPUBuffer | undefined {
    if (!rotation) return undefined;
    const key = JSON.stringify(rotation);
    let table = this.#tables.get(key);
    if (!table) {
      table = this.#gpu.storage("rotation table", 4 * this.#headDim * this.#positions);
      this.#tables.set(key, table);
      if (this.#gpu.holdsData) this.#fill(table, rotation);
    }
    return table;
  }

  #fill(table: GPUBuffer, rotation: Rotation): void {
    const rowBytes = 4 * this.#headDim;
    for (let first = 0; first < this.#positions; first += ROTATED_AT_ONCE) {
      const count = Math.min(ROTATED_AT_ONCE, this.#positions - first);
      const rows = rotationTable(rotation, this.#headDim, count, first);
      this.#gpu.write(table, first * rowBytes, rows);
    }
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#tables.values());
  }
}

function freeLayer(gpu: Gpu, layer: Omit<LayerWeights, "rotations">): void {
  const { norms, headNorm, sinks, attentionInputs, attentionOutput, mlpInputs, down, experts } =
    layer;
  const linears = [attentionInputs, attentionOutput, mlpInputs, down];
  const ofExperts = experts ? matricesOf(experts) : [];
  for (const weights of [...linears.map(({ weights }) => weights), ...ofExperts]) {
    freeWeightMatrix(gpu, weights);
  }
  const biases = [...linears.map(({ bias }) => bias), experts?.router.bias];
  const vectors = [...Object.values(norms), headNorm?.weights, sinks, ...biases];
  gpu.free(...vectors.filter((buffer) => buffer !== undefined));
}
