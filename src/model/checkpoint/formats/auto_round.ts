/** AutoRound, which packs its integers as GPTQ or AWQ has them. */

import type { Fields } from "../../../format/json.ts";
import type { Quantization } from "../quantization.ts";
import { readAwq } from "./awq.ts";
import { readGptq } from "./gptq.ts";
import { requireFields } from "./known_fields.ts";

const OTHERWISE = "get the model in another quantised format, or in F16 or BF16";

/**
 * Reads `quant_method: auto-round`. How codes are packed is in `packing_format`; files before it have it in
 * `backend`, among other things that this may say.
 * @throws DataError if a setting is malformed or not supported.
 */
export function readAutoRound(fields: Fields): Quantization {
  requireFields(fields, { data_type: ["int"], act_bits: [16, 32] });
  const backend = fields.text("backend") ?? "";
  const key = fields.value("packing_format") === undefined && /^auto_?round/.test(backend)
    ? "backend"
    : "packing_format";
  const packing = fields.text(key) ?? "auto_round:auto_gptq";
  const { summary, open } = readPacked(fields, key, packing);
  return { summary: summary.replace(/^\w+/, "AutoRound"), open };
}

/** By the names that AutoRound has had for the ways of packing, and for the kernels that read them. */
function readPacked(fields: Fields, key: string, packing: string): Quantization {
  const [library, ...parts] = packing.split(":");
  const names = parts.join(":");
  if (/^auto_?round$/.test(library)) {
    if (/^(auto_)?awq\b/.test(names)) return readAwq(fields.withValues({ version: "gemm" }));
    if (/^(auto_)?gptq\b/.test(names)) {
      return readGptq(fields.withValues({ checkpoint_format: "gptq" }));
    }
    // Zero points as they are.
    if (/^(gptqmodel|exllamav2|tritonv2|)$/.test(names)) {
      return readGptq(fields.withValues({ checkpoint_format: "gptq_v2" }));
    }
  }
  const expected = '"auto_round", or it with ":auto_gptq", ":gptqmodel" or ":auto_awq"';
  throw fields.fault(key, expected, OTHERWISE);
}
