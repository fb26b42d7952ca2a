import type { Fields, JsonObject } from "../../format/json.ts";
import type { ModelPlan, ModelSizes } from "../config.ts";

/** What is particular to an architecture: which config fields make its plan, and its tensors' names. */
export interface Architecture {
  /** Its name among the `architectures` of config.json. */
  readonly name: string;
  /** What config.json calls it in `model_type`. */
  readonly modelType: string;
  /** Its name in files that the transformers library saves, where that runs it as another architecture. */
  readonly savedAs?: string;
  /**
   * The fields of config.json that it has beside the sizes, each with its value where the file says
   * nothing, as the transformers library has them.
   */
  readonly defaults: JsonObject;
  /** Fields that files may have under other names: what they are called there, and usually. */
  readonly otherNames?: Readonly<Record<string, string>>;
  /** Fields without a value in the file whose values follow from others. */
  readonly derived?: (fields: Fields) => JsonObject;
  /** The ways in which names of tensors begin in its files; one way alone if left out. */
  readonly places?: readonly TensorPlaces[];
  /**
   * What the model computes, from fields that the defaults complete.
   * @throws DataError if a field is malformed or asks for something that is not supported.
   */
  plan(fields: Fields, sizes: ModelSizes): ModelPlan;
  /** Where its weights are; in a model of text alone if the places are left out. */
  tensors(sizes: ModelSizes, places?: TensorPlaces): ModelTensors;
}

/** What the names of tensors begin with. */
export interface TensorPlaces {
  /** All but the LM head; "" if with nothing. */
  model: string;
  /** The LM head. */
  head: string;
}

/** Names of a model's tensors. */
export interface ModelTensors {
  /** [vocabulary, hidden]. */
  embedding: string;
  /** [positions, hidden], in a model with learnt positions. */
  positions?: string;
  /** [hidden]. */
  finalNorm: string;
  /** [vocabulary, hidden]; not read where the head is the embedding. */
  head: string;
  /** Added to the weights of all norms: 1 where they are stored as a difference from one (Gemma). */
  normOffset: 0 | 1;
  /** Those of a layer. */
  layer(index: number): LayerTensors;
}

/** Tensors of one layer. */
export interface LayerTensors {
  /** Norms [hidden], as the plan has them. */
  norms: {
    beforeAttention?: string;
    afterAttention?: string;
    beforeMlp?: string;
    afterMlp?: string;
  };
  /**
   * Weights of the norms of queries and keys: [headDim] each, or [heads · headDim] and [kvHeads · headDim]; of
   * LayerNorms [heads, headDim] and [kvHeads, headDim], or [headDim] for each head.
   */
  headNorms?: { query: string | readonly string[]; key: string | readonly string[] };
  /** [heads]: the sinks of attention, where the plan has them. */
  sinks?: string;
  /** [heads · headDim, hidden]. */
  query: TensorRows;
  /** [kvHeads · headDim, hidden]. */
  key: TensorRows;
  /** [kvHeads · headDim, hidden]. */
  value: TensorRows;
  /** [hidden, heads · headDim]. */
  attentionOutput: TensorRows;
  /** [intermediate, hidden]; left out if the MLP has no gates. */
  gate?: TensorRows;
  /** [intermediate, hidden]. */
  up: TensorRows;
  /** [hidden, intermediate]. */
  down: TensorRows;
  /** Those that stand in place of the three where the plan has experts. */
  experts?: ExpertTensors;
}

/** Tensors of the experts of a layer, by their full names. */
export interface ExpertTensors {
  /** [experts, hidden]. */
  router: string;
  /** [experts], where the plan has biases. */
  routerBias?: string;
  /** The ways in which files store the experts: those are read of which there are tensors. */
  stored: readonly StoredExperts[];
  /** The expert that all rows have: [1, hidden] for its logit, and its MLP. */
  shared?: { router: string; gate: string; up: string; down: string };
}

/**
 * Names of tensors by expert. Experts with a tensor of one name stand in it one after the other, [experts, rows,
 * inner]; gate and up of one name are the halves of each expert's rows, or alternate.
 */
export interface StoredExperts {
  /** [intermediate, hidden]. */
  gate(expert: number): string;
  /** [intermediate, hidden]. */
  up(expert: number): string;
  /** [hidden, intermediate]. */
  down(expert: number): string;
  /** Whether gate and up of one name alternate by row. */
  alternate?: boolean;
  /** Whether files with floats have each matrix as [inner, rows]. */
  areTransposed?: boolean;
  /**
   * Where the plan has biases: one [experts, 2 · intermediate] in the order of gate and up, or one of each, [experts,
   * intermediate], where those are apart; and [experts, hidden].
   */
  biases?: { inputs: readonly string[]; down: string };
}

/** Neighbouring rows of a tensor `name.weight`, and of its bias `name.bias` if there is one. */
export interface TensorRows {
  /** Name of the module, without `.weight`. */
  name: string;
  /** First of the rows; 0 if the tensor is not fused with others. */
  first: number;
  /** Number of rows. */
  rows: number;
  /** Rows of the whole tensor. */
  of: number;
  /** Rows from one head to the next, where those of other matrices stand between them. */
  headStride?: number;
  /** Whether files with floats have the matrix as [inner, rows]. */
  isTransposed?: boolean;
}
