/** The eight-bit format of bitsandbytes, LLM.int8(): integers with a scale for each row. */

import { toFloats } from "../../../ops/products/codecs.ts";
import type { MatrixPlace, Quantization } from "../quantization.ts";
import { pairUp, readFinite, repeated } from "../scale_pairs.ts";
import type { StoredMatrix } from "../stored_matrix.ts";

/** What config.json says with `load_in_8bit`. */
export const INT8: Quantization = {
  summary: "bitsandbytes, 8 bits",
  areActivationsQuantised: true,
  open: (place) => place.tensors.has(`${place.module}.SCB`) ? rowMatrix(place) : null,
};

/** The library multiplies by it where others divide by 127. */
const STEP = Math.fround(7.874015718698502e-3);

/**
 * `weight` I8 [rows, inner]; `SCB` F32 [rows], the greatest magnitude of each row; `weight_format` U8, 0
 * where rows lie one after the other. A weight is code · (SCB / 127); the library rounds code · SCB
 * instead, which differs by a rounding.
 */
function rowMatrix({ tensors, module, rows, inner }: MatrixPlace): StoredMatrix {
  const [weight, scale, order] = [`${module}.weight`, `${module}.SCB`, `${module}.weight_format`];
  tensors.typed(weight, ["I8"], [rows, inner]);
  tensors.typed(scale, ["F32"], [rows]);
  const hasOrder = tensors.has(order);
  if (hasOrder) {
    const { byteLength } = tensors.typed(order, ["U8"], []);
    const [found] = tensors.readNow(order, 0, byteLength);
    if (found !== 0) throw tensors.fault(order, `${found}`, "0, rows one after the other");
  }
  return {
    format: "U8",
    scales: { group: inner, format: "F32", offset: "subtracted" },
    tensors: [weight, scale, ...(hasOrder ? [order] : [])],
    async read(first, count, room) {
      const weights = await tensors.read(weight, first * inner, count * inner, room);
      // A signed integer with its upper bit turned is 128 more, without a sign.
      weights.forEach((code, i) => weights[i] = code ^ 128);
      const greatest = toFloats(await readFinite(tensors, scale, { first, count }), "F32");
      const scales = new Uint8Array(greatest.map((size) => size * STEP).buffer);
      return { weights, scales: pairUp(scales, repeated(128, count, "F32"), "F32") };
    },
  };
}
