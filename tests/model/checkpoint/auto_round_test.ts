/** AutoRound's files are read as those of GPTQ and AWQ, whose packing they have. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { sha256 } from "../../../src/format/digest.ts";
import { DataError } from "../../../src/format/errors.ts";
import { dequantise } from "../../../src/model/checkpoint/dequantise.ts";
import { assertFails } from "../../format/support.ts";
import { QUANTISED_GOLDENS, rawModel, readAll, withModel } from "./altered_model.ts";

/** What config.json of AutoRound says, beside how codes are packed. */
const SETTINGS = {
  quant_method: "auto-round",
  bits: 4,
  data_type: "int",
  group_size: 32,
  sym: false,
};

/** Settings, and the checkpoint that is packed so. */
const CASES: [settings: Record<string, unknown>, kind: string][] = [
  [{ packing_format: "auto_round:auto_gptq" }, "gptq-4b"],
  [{ packing_format: "auto_round:gptq" }, "gptq-4b"],
  [{ backend: "auto_round:gptq:exllamav2", quant_method: "intel/auto-round" }, "gptq-4b"],
  [{ backend: "auto" }, "gptq-4b"],
  [{ packing_format: "auto_round:auto_awq", backend: "auto_round:exllamav2" }, "awq"],
  [{ packing_format: "auto_round", bits: 8 }, "gptq-8b-v2-ordered"],
  [{ packing_format: "auto_round:gptqmodel", bits: 8, act_bits: 16 }, "gptq-8b-v2-ordered"],
  [{ backend: "autoround:exllamav2", bits: 8 }, "gptq-8b-v2-ordered"],
];

for (const [settings, kind] of CASES) {
  Deno.test(`${JSON.stringify(settings)}: the weights of ${kind}`, async () => {
    const { tensors: raw, config, sizes } = await rawModel(kind);
    const golden = await Deno.readTextFile(join(QUANTISED_GOLDENS, kind, "golden.json"));
    const { weights } = JSON.parse(golden);
    config.quantization_config = { ...SETTINGS, ...settings };
    await withModel({ config, tensors: raw }, async ({ tensors, quantization }) => {
      for (const [module, [rows, inner]] of Object.entries(sizes)) {
        const matrix = quantization!.open({ tensors, module, rows, inner })!;
        const numbers = dequantise(await matrix.read(0, rows), matrix);
        assertEquals(await sha256(new Uint8Array(numbers.buffer)), weights[module], module);
      }
    });
  });
}

const REFUSED: [settings: Record<string, unknown>, parts: string[]][] = [
  [{ packing_format: "auto_round:llm_compressor" }, ["packing_format", '":auto_awq"']],
  [{ packing_format: "mlx" }, ["packing_format", "found", '"auto_round"']],
  [{ data_type: "mx_fp" }, ["data_type", '"mx_fp"', '"int"']],
  [{ act_bits: 8 }, ["act_bits", "found 8", "16 or 32"]],
  [{ bits: 6 }, ["bits", "found 6", "2, 3, 4 or 8"]],
];

for (const [settings, parts] of REFUSED) {
  Deno.test(`${JSON.stringify(settings)} is refused`, async () => {
    const { sizes, ...model } = await rawModel("gptq-4b");
    model.config.quantization_config = { ...SETTINGS, ...settings };
    await assertFails(() => readAll(model, sizes), DataError, parts);
  });
}
