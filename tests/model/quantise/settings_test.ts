/** Which matrices of a checkpoint are quantised. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { QuantisedModules } from "../../../src/model/quantise/settings.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { GOLDENS } from "../goldens/architecture_goldens.ts";

/** Names of tensors that stay as they are. */
async function kept(kind: string): Promise<string[]> {
  const folder = join(GOLDENS, kind);
  using tensors = await Safetensors.open(folder);
  const settings = { bits: 4, group: 16, headBits: 8 } as const;
  const modules = new QuantisedModules(await readConfig(folder), settings);
  return tensors.names.filter((name) => modules.ofTensor(tensors, name) === null).sort();
}

Deno.test("norms of heads stay as they are, though they are a matrix", async () => {
  const ofLayer = (layer: number) =>
    ["input_layernorm", "self_attn.k_norm", "self_attn.q_norm"].map((module) =>
      `model.layers.${layer}.${module}.weight`
    );
  assertEquals(await kept("cohere-head-norms"), [
    ...ofLayer(0),
    ...ofLayer(1),
    "model.norm.weight",
  ]);
});

Deno.test("learnt positions stay as they are, and matrices that are stored transposed do not", async () => {
  const all = await kept("gpt2");
  assertEquals(all.filter((name) => /wpe|c_attn|c_proj|c_fc/.test(name)), [
    ...[0, 1].flatMap((layer) =>
      ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"].map((module) =>
        `transformer.h.${layer}.${module}.bias`
      )
    ),
    "transformer.wpe.weight",
  ]);
});
