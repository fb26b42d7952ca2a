import { assertEquals } from "@std/assert";
import { formatOf } from "../../../src/cli/models/weight_format.ts";

Deno.test("the format of weights is told from what configurations say", () => {
  assertEquals(formatOf({ torch_dtype: "bfloat16" }), "BF16");
  assertEquals(formatOf({ dtype: "float16", torch_dtype: "float32" }), "F16");
  assertEquals(formatOf({ quantization_config: { quant_method: "gptq", bits: 4 } }), "gptq 4 bits");
  assertEquals(formatOf({ quantization: { bits: 8 }, dtype: "float16" }), "quantised 8 bits");
  assertEquals(formatOf({ quantization_config: { quant_method: "bitsandbytes" } }), "bitsandbytes");
  assertEquals(formatOf({ torch_dtype: 7 }), null);
  assertEquals(formatOf({}), null);
});
