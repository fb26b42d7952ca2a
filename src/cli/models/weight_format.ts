/** How a configuration says that weights are held. */

import { isJsonObject } from "../../format/json.ts";

/** Number formats by the names that configurations have for them. */
const DTYPES: ReadonlyMap<unknown, string> = new Map([
  ["float32", "F32"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
]);

/** `BF16`, or `gptq 4 bits`; null where the configuration does not say. */
export function formatOf(config: Readonly<Record<string, unknown>>): string | null {
  const quantization = config.quantization_config ?? config.quantization ??
    config.compression_config;
  if (isJsonObject(quantization)) {
    const { quant_method: method, bits } = quantization;
    const name = typeof method === "string" ? method : "quantised";
    return typeof bits === "number" ? `${name} ${bits} bits` : name;
  }
  return DTYPES.get(config.dtype ?? config.torch_dtype) ?? null;
}
