/** MXFP4, as gpt-oss stores its experts: floats of four bits, and a power of two for each 32 of them. */

import type { Fields } from "../../../format/json.ts";
import { microMatrix } from "../micro_matrix.ts";
import type { MatrixPlace, Quantization } from "../quantization.ts";
import type { StoredMatrix } from "../stored_matrix.ts";
import { requireFields } from "./known_fields.ts";

/** Weights that share a scale. */
const GROUP = 32;

/**
 * Reads `quant_method: mxfp4`. Which modules are quantised follows from the tensors, as with the other formats.
 * @throws DataError if `modules_to_not_convert` is no list of names.
 */
export function readMxfp4(fields: Fields): Quantization {
  requireFields(fields, { dequantize: [false, true] });
  const key = "modules_to_not_convert";
  const excluded = fields.value(key) ?? [];
  const areNames = Array.isArray(excluded) && excluded.every((name) => typeof name === "string");
  if (!areNames) throw fields.fault(key, "a list of modules' names");
  return {
    summary: "MXFP4",
    open(place) {
      const { tensors, module, stack } = place;
      const part = [blocksOf(module), scalesOf(module)].find((name) => tensors.has(name));
      if (part === undefined) return null;
      if (stack !== undefined) return packedMatrix(place, stack);
      throw tensors.fault(part, "a part of quantised weights", "experts alone to have such parts");
    },
  };
}

const blocksOf = (module: string) => `${module}_blocks`;
const scalesOf = (module: string) => `${module}_scales`;

/**
 * `_blocks` U8 [experts, rows, inner / 32, 16], of whose bytes each is two weights, the first in the lower bits, and
 * `_scales` U8 [experts, rows, inner / 32], E8M0. A weight is E2M1[code] · 2^(scale − 127).
 */
function packedMatrix(place: MatrixPlace, experts: number): StoredMatrix {
  const { tensors, module, rows, inner } = place;
  const [blocks, scales] = [blocksOf(module), scalesOf(module)];
  const groups = inner / GROUP;
  tensors.typed(blocks, ["U8"], [experts, rows / experts, groups, GROUP / 2]);
  tensors.typed(scales, ["U8"], [rows, groups]);
  return microMatrix(place, {
    weights: blocks,
    elements: "E2M1",
    scales,
    scaleCodes: "E8M0",
    group: GROUP,
  });
}
