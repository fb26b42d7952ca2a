import type { Fields } from "../../format/json.ts";
import { readAutoRound } from "./formats/auto_round.ts";
import { readAwq } from "./formats/awq.ts";
import { readBitsandbytes } from "./formats/bitsandbytes.ts";
import { readCompressedTensors } from "./formats/compressed_tensors.ts";
import { readFp8 } from "./formats/fp8.ts";
import { readGptq } from "./formats/gptq.ts";
import { readMlx } from "./formats/mlx.ts";
import { readModelopt } from "./formats/modelopt.ts";
import { readMxfp4 } from "./formats/mxfp4.ts";
import type { Quantization } from "./quantization.ts";

/** The formats that name themselves, by their `quant_method`. */
const METHODS: Readonly<Record<string, (fields: Fields) => Quantization>> = {
  "auto-round": readAutoRound,
  "awq": readAwq,
  "bitsandbytes": readBitsandbytes,
  "compressed-tensors": readCompressedTensors,
  "fp8": readFp8,
  "gptq": readGptq,
  "intel/auto-round": readAutoRound,
  "modelopt": readModelopt,
  "mxfp4": readMxfp4,
};

/**
 * What config.json says of quantised weights; null if it says nothing. MLX has a key of its own, and
 * repeats it in newer files under that of the other libraries, without a method; compressed-tensors had one
 * before.
 *
 * @throws DataError if the format or one of its settings is not supported.
 */
export function readQuantization(fields: Fields): Quantization | null {
  const own = fields.object("quantization");
  if (own) return readMlx(own);
  const key = "quantization_config";
  const config = fields.object(key);
  if (!config) {
    const old = fields.object("compression_config");
    return old ? readCompressedTensors(old) : null;
  }
  const method = config.text("quant_method");
  if (method === undefined) return readMlx(config);
  if (Object.hasOwn(METHODS, method)) return METHODS[method](config);
  throw config.fault(
    "quant_method",
    Object.keys(METHODS).map((name) => `"${name}"`).join(", ") + " or none, as MLX has it",
    "get the model in one of these formats, or in F16 or BF16",
  );
}
