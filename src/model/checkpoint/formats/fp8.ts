/** Floats of eight bits as the transformers library, DeepSeek, Qwen and Mistral write them. */

import type { Fields } from "../../../format/json.ts";
import { byteMatrix } from "../byte_matrix.ts";
import { requireFields } from "./known_fields.ts";
import type { Quantization } from "../quantization.ts";
import { readBlock, ScaleGrid } from "../scale_grid.ts";

/**
 * Reads `quant_method: fp8`: `weight` F8_E4M3, and beside it `weight_scale_inv` or `weight_scale`, one
 * number, or one for each block. A weight is code · scale, whatever the name says.
 * @throws DataError if a setting is malformed or not supported.
 */
export function readFp8(fields: Fields): Quantization {
  requireFields(fields, { fmt: ["e4m3"], kv_cache_scheme: [] });
  // As the library has it where nothing is said; null says that there are no blocks.
  const block = readBlock(
    fields.withDefaults({ weight_block_size: [128, 128] }),
    "weight_block_size",
  );
  return {
    summary: "FP8",
    areActivationsQuantised: true,
    open(place) {
      const { tensors, module } = place;
      const name = [`${module}.weight_scale_inv`, `${module}.weight_scale`]
        .find((name) => tensors.has(name));
      if (name === undefined) return null;
      const unused = ["activation_scale", "input_scale"].map((name) => `${module}.${name}`);
      // A block of zeros may have a scale of zero.
      const scales = new ScaleGrid(place, name, {
        blocks: block ? [block] : [],
        areZerosAllowed: true,
      });
      return byteMatrix(place, { dtypes: ["F8_E4M3"], scales, unused });
    },
  };
}
