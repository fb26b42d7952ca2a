/** The formats of compressed-tensors that have a scale of eight bits for each few floats. */

import { microMatrix } from "../micro_matrix.ts";
import type { MatrixPlace } from "../quantization.ts";
import type { StoredMatrix } from "../stored_matrix.ts";
import { nvfp4Matrix } from "./nvfp4.ts";

/** Weights that share a scale of eight bits that is a power of two. */
const GROUP = 32;

/** The format that a module's tensors are in by their types; undefined if in none of these. */
export function floatFormatOf({ tensors, module }: MatrixPlace): string | undefined {
  const [packed, scale] = ["weight_packed", "weight_scale"].map((part) => `${module}.${part}`);
  if (!tensors.has(scale)) return undefined;
  const { dtype } = tensors.stored(scale);
  if (!tensors.has(packed)) return dtype === "U8" ? "mxfp8-quantized" : undefined;
  if (tensors.stored(packed).dtype !== "U8") return undefined;
  return dtype === "U8" ? "mxfp4-pack-quantized" : "nvfp4-pack-quantized";
}

/**
 * `weight_packed` U8 [rows, inner / 2], of whose bytes each is two weights, the first in the lower bits, or
 * `weight` F8_E4M3 [rows, inner]; `weight_scale` U8 [rows, inner / 32], powers of two, or F8_E4M3
 * [rows, inner / 16], which `weight_global_scale` F32 [1] divides.
 */
export function smallFloats(place: MatrixPlace, format: string): StoredMatrix {
  const { tensors, module, rows, inner } = place;
  const [packed, weight, scales, common, ofInput] = [
    ...["weight_packed", "weight", "weight_scale", "weight_global_scale", "input_global_scale"],
  ].map((part) => `${module}.${part}`);
  if (format === "nvfp4-pack-quantized") {
    const scaled = (scale: number, common: number) => scale / common;
    return nvfp4Matrix(place, { weights: packed, scales, common, scaled, unused: [ofInput] });
  }
  const isPacked = format === "mxfp4-pack-quantized";
  const weights = isPacked ? packed : weight;
  if (inner % GROUP !== 0) {
    throw tensors.fault(weights, `rows of ${inner} weights`, `whole groups of ${GROUP}`);
  }
  if (isPacked) tensors.typed(packed, ["U8"], [rows, inner / 2]);
  else tensors.typed(weight, ["F8_E4M3"], [rows, inner]);
  tensors.typed(scales, ["U8"], [rows, inner / GROUP]);
  const elements = isPacked ? "E2M1" : "E4M3";
  const others = tensors.has(ofInput) ? [ofInput] : [];
  return microMatrix(place, {
    weights,
    elements,
    scales,
    scaleCodes: "E8M0",
    group: GROUP,
    others,
  });
}
