import type { Fields } from "../../format/json.ts";
import { readMlx } from "./mlx.ts";
import type { Quantization } from "./quantization.ts";

/**
 * What config.json says of quantised weights; null if it says nothing. MLX has a key of its own, and
 * repeats it in newer files under that of the other libraries, without a method.
 *
 * @throws DataError if the format or one of its settings is not supported.
 */
export function readQuantization(fields: Fields): Quantization | null {
  const own = fields.object("quantization");
  if (own) return readMlx(own);
  const key = "quantization_config";
  const config = fields.object(key);
  if (!config) {
    const old = "compression_config";
    if (fields.value(old) === undefined) return null;
    throw fields.fault(old, `"${key}", its newer name`, "compress the model again");
  }
  const method = config.text("quant_method");
  if (method === undefined) return readMlx(config);
  throw config.fault("quant_method", "one of those in docs/quantised.md", OTHERWISE);
}

/** What can be done about a format that is not read. */
const OTHERWISE = "get the model in F16 or BF16, or in another quantised format";
