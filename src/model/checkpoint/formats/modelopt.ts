/** NVIDIA's Model Optimizer: floats of eight bits with a scale for each matrix, or of four. */

import type { Fields } from "../../../format/json.ts";
import { byteMatrix } from "../byte_matrix.ts";
import type { Quantization } from "../quantization.ts";
import { ScaleGrid } from "../scale_grid.ts";
import { nvfp4Matrix } from "./nvfp4.ts";

const ALGORITHMS: readonly string[] = ["FP8", "NVFP4", "W4A16_NVFP4"];

/** Both, by module. */
const MIXED = "MIXED_PRECISION";

/**
 * Reads `quant_method: modelopt`. Which modules are quantised, and how, follows from the tensors. Caches of
 * keys and values are not quantised here, whatever `kv_cache_scheme` says.
 * @throws DataError if an algorithm is not supported.
 */
export function readModelopt(fields: Fields): Quantization {
  const algorithm = readAlgorithm(fields);
  if (algorithm === MIXED) {
    fields.object("quantized_layers")?.objects().forEach(([, layer]) => readAlgorithm(layer));
  }
  return {
    summary: `Model Optimizer, ${algorithm}`,
    areActivationsQuantised: algorithm !== "W4A16_NVFP4",
    open(place) {
      const { tensors, module } = place;
      const [weights, scales, common] = ["weight", "weight_scale", "weight_scale_2"]
        .map((part) => `${module}.${part}`);
      if (!tensors.has(scales)) return null;
      const unused = ["input_scale", "k_scale", "v_scale"].map((part) => `${module}.${part}`);
      if (tensors.stored(weights).dtype === "U8") {
        const scaled = (scale: number, common: number) => scale * common;
        return nvfp4Matrix(place, { weights, scales, common, scaled, unused });
      }
      return byteMatrix(place, {
        dtypes: ["F8_E4M3"],
        scales: new ScaleGrid(place, scales),
        unused,
      });
    },
  };
}

function readAlgorithm(fields: Fields): string {
  const key = "quant_algo";
  const algorithm = fields.text(key) ?? "";
  const known = [...ALGORITHMS, MIXED];
  if (known.includes(algorithm)) return algorithm;
  const expected = known.map((name) => `"${name}"`).join(", ");
  const next = "get the model in another quantised format, or in F16 or BF16";
  throw fields.fault(key, `one of ${expected}`, next);
}
