import addedInput from "../../../wgsl/products/parts/added_input.wgsl" with { type: "text" };
import attentionInputs from "../../../wgsl/products/parts/attention_inputs.wgsl" with {
  type: "text",
};
import bias from "../../../wgsl/products/parts/bias.wgsl" with { type: "text" };
import block from "../../../wgsl/products/parts/block.wgsl" with { type: "text" };
import cacheLayout from "../../../wgsl/attention/cache_layout.wgsl" with { type: "text" };
import expertBias from "../../../wgsl/products/parts/expert_bias.wgsl" with { type: "text" };
import expertMatrix from "../../../wgsl/products/parts/expert_matrix.wgsl" with { type: "text" };
import clampedGated from "../../../wgsl/products/parts/clamped_gated.wgsl" with { type: "text" };
import gated from "../../../wgsl/products/parts/gated.wgsl" with { type: "text" };
import ungated from "../../../wgsl/products/parts/ungated.wgsl" with { type: "text" };
import activation from "../../../wgsl/shared/activation.wgsl" with {
  type: "text",
};
import joinedInput from "../../../wgsl/products/parts/joined_input.wgsl" with { type: "text" };
import inOrder from "../../../wgsl/weights/in_order.wgsl" with { type: "text" };
import layerNormedInput from "../../../wgsl/products/parts/layer_normed_input.wgsl" with {
  type: "text",
};
import matmulBlocks from "../../../wgsl/products/matmul_blocks.wgsl" with { type: "text" };
import matmulUniform from "../../../wgsl/products/matmul_uniform.wgsl" with { type: "text" };
import matmul from "../../../wgsl/products/matmul.wgsl" with { type: "text" };
import fourOfLane from "../../../wgsl/shared/four_of_lane.wgsl" with { type: "text" };
import matmulRowsSubgroup8 from "../../../wgsl/products/matmul_rows_subgroup8.wgsl" with {
  type: "text",
};
import fewRowsSubgroup8 from "../../../wgsl/products/few_rows_subgroup8.wgsl" with { type: "text" };
import matmulSubgroup8 from "../../../wgsl/products/matmul_subgroup8.wgsl" with { type: "text" };
import moreRowsSubgroup8 from "../../../wgsl/products/more_rows_subgroup8.wgsl" with {
  type: "text",
};
import noBias from "../../../wgsl/products/parts/no_bias.wgsl" with { type: "text" };
import oneMatrix from "../../../wgsl/products/parts/one_matrix.wgsl" with { type: "text" };
import permutedCode from "../../../wgsl/weights/permuted.wgsl" with { type: "text" };
import placeHeads from "../../../wgsl/attention/place_heads.wgsl" with { type: "text" };
import queryGrowth from "../../../wgsl/attention/query_growth.wgsl" with { type: "text" };
import product from "../../../wgsl/products/product.wgsl" with { type: "text" };
import residual from "../../../wgsl/products/parts/residual.wgsl" with { type: "text" };
import residualStream from "../../../wgsl/shared/residual_stream.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import sizes from "../../../wgsl/products/sizes.wgsl" with { type: "text" };
import squares from "../../../wgsl/products/parts/squares.wgsl" with { type: "text" };
import softCap from "../../../wgsl/shared/soft_cap.wgsl" with { type: "text" };
import storedInput from "../../../wgsl/products/parts/stored_input.wgsl" with { type: "text" };
import store from "../../../wgsl/products/parts/store.wgsl" with { type: "text" };
import sumCompiled from "../../../wgsl/products/sum_compiled.wgsl" with { type: "text" };
import sumUniform from "../../../wgsl/products/sum_uniform.wgsl" with { type: "text" };
import subgroup8 from "../../../wgsl/shared/subgroup8.wgsl" with { type: "text" };
import type { Kernel } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import type { WeightHome } from "../layouts.ts";
import { codecCode, type WeightFormat } from "./codecs.ts";
import type { ProductTiling } from "./tilings.ts";

/**
 * How rows and columns are spread over invocations, one kernel each. The layout for GPUs alone is compiled
 * for sums of one length; the others are for any, since compiling takes long on a CPU.
 */
const LAYOUTS: Readonly<Record<ProductParts["layout"], readonly string[]>> = {
  matmul: [sumUniform, matmul],
  matmul_blocks: [sumCompiled, squares, matmulBlocks],
  matmul_uniform: [sumCompiled, squares, matmulUniform],
  matmul_subgroup8: [sumUniform, subgroup8, matmulSubgroup8, fewRowsSubgroup8],
  matmul_more_subgroup8: [sumUniform, subgroup8, matmulSubgroup8, moreRowsSubgroup8],
  matmul_rows_subgroup8: [sumUniform, fourOfLane, matmulRowsSubgroup8],
};

/** What becomes of the sums. */
export type Epilogue =
  | "store"
  | "residual"
  | "gated"
  | "clamped_gated"
  | "ungated"
  | "block"
  | "attention_inputs";

/** One file for each, after those that it needs. */
const EPILOGUES: Readonly<Record<Epilogue, readonly string[]>> = {
  store: [softCap, store],
  residual: [residualStream, residual],
  gated: [activation, gated],
  clamped_gated: [clampedGated],
  ungated: [activation, ungated],
  block: [block],
  attention_inputs: [cacheLayout, queryGrowth, placeHeads, attentionInputs],
};

/** How the input is read: as it is stored, made by an addition or a LayerNorm on the way, or joined of two. */
export type InputKind = "stored" | "added" | "joined" | "layer-normed";

/** One file for each, after those that it needs. */
const INPUTS: Readonly<Record<InputKind, readonly string[]>> = {
  stored: [storedInput],
  added: [residualStream, addedInput],
  joined: [joinedInput],
  "layer-normed": [layerNormedInput],
};

/** What a product kernel is composed of. */
export interface ProductParts {
  layout: ProductTiling["kernel"];
  format: WeightFormat;
  /** What the weights lie in. */
  home: WeightHome;
  epilogue: Epilogue;
  /** Whether columns have a bias. */
  biased: boolean;
  input: InputKind;
  /** Whether weights are out of order. */
  permuted: boolean;
  /** Whether each tile of rows has a matrix of its own. */
  ofExperts: boolean;
}

const kernels: Map<string, Kernel> = new Map();

/** The kernel of these parts, the same one each time. */
export function productKernel(parts: ProductParts): Kernel {
  const { layout, format, home, epilogue, biased, input, permuted, ofExperts } = parts;
  const order = permuted ? " permuted" : "";
  const read = input === "stored" ? "" : ` ${input}`;
  const matrix = ofExperts ? " of experts" : "";
  const name = `${layout} ${epilogue} ${format} in ${home}${order}${
    biased ? " bias" : ""
  }${read}${matrix}`;
  let kernel = kernels.get(name);
  if (!kernel) {
    kernel = kernelOf(
      "product",
      name,
      rowsCode,
      ...codecCode(format, home),
      permuted ? permutedCode : inOrder,
      product,
      sizes,
      ...INPUTS[input],
      ofExperts ? expertMatrix : oneMatrix,
      biased ? ofExperts ? expertBias : bias : noBias,
      ...EPILOGUES[epilogue],
      ...LAYOUTS[layout],
    );
    kernels.set(name, kernel);
  }
  return kernel;
}
