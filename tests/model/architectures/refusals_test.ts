/** Fields that change what a model computes and are not supported are refused by name. */
import { join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { ARCHITECTURES } from "../../../src/model/architectures/lookup.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { assertFails, withFolder } from "../../format/support.ts";
import { NEEDED, SIZES } from "./configs.ts";
import { MIXTURES } from "./refusals/experts.ts";
import { LAYER_NORMS } from "./refusals/layer_norms.ts";
import { LLAMAS } from "./refusals/llamas.ts";
import { OTHERS } from "./refusals/others.ts";

const REFUSALS = [...LLAMAS, ...OTHERS, ...LAYER_NORMS, ...MIXTURES];

for (const [name, fields, parts] of REFUSALS) {
  Deno.test(`${name} with ${JSON.stringify(fields)} is refused in one line`, async () => {
    const architecture = ARCHITECTURES.find((known) => known.name.startsWith(`${name}For`))?.name ??
      `${name}LMHeadModel`;
    const sizes = { ...SIZES, ...NEEDED[architecture], head_dim: 16 };
    const config = { architectures: [architecture], ...sizes, ...fields };
    await withFolder({ "config.json": config }, async (folder) => {
      const all = [join(folder, "config.json"), ...parts];
      await assertFails(() => readConfig(folder), DataError, all);
    });
  });
}

/** Values with which foreign fields change nothing, as published configurations have them. */
const HARMLESS = {
  attention_dropout: 0.1,
  clip_qkv: null,
  layer_types: Array(4).fill("full_attention"),
  logit_scale: 1,
  pretraining_tp: 2,
  rope_interleaved: false,
  sliding_window: null,
  torch_dtype: "float16",
  use_cache: false,
  use_mrope: false,
  use_sliding_window: false,
};

Deno.test("fields that change nothing are read past in every architecture", async () => {
  for (const { name } of ARCHITECTURES) {
    const sizes = { ...SIZES, ...NEEDED[name], head_dim: 16 };
    const config = { architectures: [name], ...sizes, ...HARMLESS };
    await withFolder({ "config.json": config }, async (folder) => {
      await readConfig(folder);
    });
  }
});

for (const name of ["Qwen2VLForConditionalGeneration", "GPT2Model", "toString"]) {
  Deno.test(`${name} is not among the architectures`, async () => {
    const config = { architectures: [name], ...SIZES };
    await withFolder({ "config.json": config }, async (folder) => {
      const known = [
        " Llama, ",
        " + ForCausalLM, or GPT2 + LMHeadModel, or Gemma3, Mistral3 + ForConditionalGeneration",
      ];
      const parts = [join(folder, "config.json"), '"architectures"', name, ...known];
      await assertFails(() => readConfig(folder), DataError, parts);
    });
  });
}
