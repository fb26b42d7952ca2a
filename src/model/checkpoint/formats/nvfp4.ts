/** NVIDIA's floats of four bits, in the two ways in which files have the scale that a whole matrix has. */

import { toFloats } from "../../../ops/products/codecs.ts";
import { microMatrix } from "../micro_matrix.ts";
import type { MatrixPlace } from "../quantization.ts";
import { requireFinite, requireNonzero } from "../scale_pairs.ts";
import type { StoredMatrix } from "../stored_matrix.ts";

/** Weights that share a scale. */
const GROUP = 16;

/** Names of the parts of such a matrix. */
export interface Nvfp4Parts {
  /** U8 [rows, inner / 2], of whose bytes each is two weights, the first in the lower bits. */
  weights: string;
  /** F8_E4M3 [rows, inner / 16]. */
  scales: string;
  /** F32 [] or [1], what all scales have in common. */
  common: string;
  /** Scale of a group with what all have in common, to be rounded to f32. */
  scaled: (scale: number, common: number) => number;
  /** Tensors about activations, which are not quantised here. */
  unused: readonly string[];
}

/** A weight is E2M1[code] · scale of its group, which is rounded to f32. */
export function nvfp4Matrix(
  place: MatrixPlace,
  { weights, scales, common, scaled, unused }: Nvfp4Parts,
): StoredMatrix {
  const { tensors, rows, inner } = place;
  if (inner % GROUP !== 0) {
    throw tensors.fault(weights, `rows of ${inner} weights`, `whole groups of ${GROUP}`);
  }
  tensors.typed(weights, ["U8"], [rows, inner / 2]);
  tensors.typed(scales, ["F8_E4M3"], [rows, inner / GROUP]);
  const number = readNumber(place, common);
  return microMatrix(place, {
    weights,
    elements: "E2M1",
    scales,
    scaleCodes: "E4M3",
    group: GROUP,
    scaled: (scale) => scaled(scale, number),
    others: [common, ...unused.filter((name) => tensors.has(name))],
  });
}

/** The only number of a tensor, neither infinite nor 0. */
function readNumber({ tensors }: MatrixPlace, name: string): number {
  const { shape, byteLength } = tensors.typed(name, ["F32"]);
  if (byteLength !== 4) throw tensors.fault(name, `shape [${shape.join(", ")}]`, "[] or [1]");
  const bytes = tensors.readNow(name, 0, byteLength);
  requireFinite(tensors, name, bytes);
  requireNonzero(tensors, name, bytes);
  return toFloats(bytes, "F32")[0];
}
