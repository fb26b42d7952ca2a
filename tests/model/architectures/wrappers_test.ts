/** Models that see pictures, too: which configuration counts, and where the weights of the text part are. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { isLeftOut, tensorNames } from "../../../src/model/architectures/tensor_names.ts";
import { QuantisedModules } from "../../../src/model/quantise/settings.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { assertFails, withFolder } from "../../format/support.ts";
import { read, readAs, SIZES } from "./configs.ts";

const FOLDER = fromFileUrl(new URL("../../golden/architectures/gemma3-seeing", import.meta.url));

const GEMMA3 = { architectures: ["Gemma3ForConditionalGeneration"], model_type: "gemma3" };
const TEXT = { ...SIZES, model_type: "gemma3_text", head_dim: 16 };

Deno.test("the text part is read as the same model is that sees nothing", async () => {
  const { seesPictures, ...found } = await read({ ...GEMMA3, text_config: TEXT });
  assert(seesPictures);
  assertEquals(found, await readAs("Gemma3ForCausalLM", { head_dim: 16 }));
});

Deno.test("a type alone names a model that sees pictures, and its text part may have none", async () => {
  const { model_type: _, ...text_config } = TEXT;
  const found = await read({ model_type: "gemma3", text_config });
  assertEquals(found, await read({ ...GEMMA3, text_config: TEXT }));
});

Deno.test("sizes that the text part leaves out are those of the library", async () => {
  const config = await read({
    ...GEMMA3,
    eos_token_id: [1, 106],
    text_config: {
      model_type: "gemma3_text",
      hidden_size: 2560,
      intermediate_size: 10240,
      num_hidden_layers: 34,
      rope_scaling: { factor: 8, rope_type: "linear" },
      sliding_window: 1024,
    },
    vision_config: { hidden_size: 1152 },
  });
  const { hiddenSize, layerCount, headCount, kvHeadCount, headDim, vocabSize } = config;
  assertEquals([hiddenSize, layerCount, headCount, kvHeadCount], [2560, 34, 8, 4]);
  assertEquals([headDim, vocabSize, config.contextLength], [256, 262208, 131072]);
  assertEquals(config.eosTokenIds, [1, 106]);
  assertEquals(config.layers.slice(4, 7).map(({ attention }) => attention.window), [
    1024,
    null,
    1024,
  ]);
});

Deno.test("sizes that a Mistral within leaves out are those of its own type", async () => {
  const sizesOf = async (model_type: string) => {
    const text_config = { model_type, hidden_size: 5120, sliding_window: null };
    const config = await read({ model_type: "mistral3", text_config });
    const { hiddenSize, intermediateSize, layerCount, headCount, vocabSize } = config;
    return [hiddenSize, intermediateSize, layerCount, headCount, vocabSize, config.contextLength];
  };
  assertEquals(await sizesOf("mistral"), [5120, 14336, 32, 32, 32000, 131072]);
  assertEquals(await sizesOf("ministral3"), [5120, 14336, 34, 32, 131072, 262144]);
});

Deno.test("whether the head is the embedding is said beside the text part, not in it", async () => {
  const isTied = async (beside: object, within: boolean) => {
    const text_config = { ...TEXT, tie_word_embeddings: within };
    return (await read({ ...GEMMA3, ...beside, text_config })).tieWordEmbeddings;
  };
  assertEquals(await isTied({}, false), true);
  assertEquals(await isTied({ tie_word_embeddings: true }, false), true);
  assertEquals(await isTied({ tie_word_embeddings: false }, true), false);
});

Deno.test("logits of a Gemma 3 that sees have no bound, as in the library", async () => {
  const capped = { ...TEXT, final_logit_softcapping: 30 };
  assertEquals((await read({ ...GEMMA3, text_config: capped })).logitSoftCap, null);
  const alone = await readAs("Gemma3ForCausalLM", { head_dim: 16, final_logit_softcapping: 30 });
  assertEquals(alone.logitSoftCap, 30);
});

Deno.test("quantised weights are told in either part, and whether the head is tied", async () => {
  const quantization = { group_size: 32, bits: 4 };
  const within = await read({ ...GEMMA3, text_config: { ...TEXT, quantization } });
  const beside = await read({ ...GEMMA3, quantization, text_config: TEXT });
  assertEquals(within.quantization?.summary, beside.quantization?.summary);
  assert(within.quantization);
  const untied = await read({ ...GEMMA3, tie_word_embeddings: false, text_config: TEXT });
  assertEquals([within.tieWordEmbeddings, untied.tieWordEmbeddings], [true, false]);
});

Deno.test("the type of the text part decides between Mistral and Ministral 3", async () => {
  const texts = [["mistral", "Mistral"], ["ministral3", "Ministral3"], [null, "Mistral"]];
  for (const [model_type, name] of texts) {
    const config = await read({
      architectures: ["Mistral3ForConditionalGeneration"],
      text_config: { ...TEXT, model_type },
    });
    assertEquals(config.architecture, `${name}ForCausalLM`);
  }
});

/** Changes of a configuration, and parts of the message after the file. */
const MALFORMED: [fields: Record<string, unknown>, parts: string[]][] = [
  [{}, ['"text_config"', "found nothing", "the text part"]],
  [{ text_config: "gemma" }, ['"text_config"', 'found "gemma"', "an object"]],
  [
    { text_config: { ...TEXT, model_type: "llama" } },
    ['"text_config.model_type"', 'found "llama"', '"gemma3_text"', "not supported"],
  ],
  [
    { text_config: { ...TEXT, hidden_size: 60 } },
    ['"text_config.hidden_size"', "found 60", "a multiple of 8"],
  ],
  [
    { text_config: { ...TEXT, attn_logit_softcapping: 50 } },
    ['"text_config.attn_logit_softcapping"', "found 50", "not supported in Gemma3ForCausalLM"],
  ],
  [{ model_type: "gemma3_text", text_config: TEXT }, ['"model_type"', '"gemma3"', "that is the"]],
];

for (const [fields, parts] of MALFORMED) {
  Deno.test(`${JSON.stringify(fields)} of a model that sees is refused in one line`, async () => {
    await withFolder({ "config.json": { ...GEMMA3, ...fields } }, async (folder) => {
      const all = [join(folder, "config.json"), ...parts];
      await assertFails(() => readConfig(folder), DataError, all);
    });
  });
}

Deno.test("the text part's weights are found under both of their names", async () => {
  const config = await readConfig(FOLDER);
  using tensors = await Safetensors.open(FOLDER);
  const older = tensorNames(config, tensors.names);
  assertEquals(older.embedding, "language_model.model.embed_tokens.weight");
  assertEquals(older.head, "language_model.lm_head.weight");
  const renamed = tensors.names.map((name) =>
    name.replace("language_model.model.", "model.language_model.")
  );
  const newer = tensorNames(config, renamed);
  assertEquals(newer.embedding, "model.language_model.embed_tokens.weight");
  assertEquals(newer.layer(2).query.name, "model.language_model.layers.2.self_attn.q_proj");
  assertEquals(newer.head, "lm_head.weight");
});

Deno.test("what sees is left out under both of its names, and of no other model", async () => {
  const config = await readConfig(FOLDER);
  const seeing = ["vision_tower.post_layernorm.weight", "multi_modal_projector.norm.weight"];
  for (const name of [...seeing, ...seeing.map((name) => `model.${name}`)]) {
    assertEquals(isLeftOut(config, name), true, name);
    assertEquals(isLeftOut({ ...config, seesPictures: undefined }, name), false, name);
  }
  assertEquals(isLeftOut(config, "language_model.model.vision_tower.weight"), false);
});

Deno.test("what sees is not quantised, and the ends of the text part have bits of their own", async () => {
  const config = await readConfig(FOLDER);
  using tensors = await Safetensors.open(FOLDER);
  const modules = new QuantisedModules(config, { bits: 4, group: 16, headBits: 8 });
  const bitsOf = (name: string) => modules.ofTensor(tensors, name)?.bits ?? null;
  assertEquals(bitsOf("vision_tower.encoder.layers.0.mlp.fc1.weight"), null);
  assertEquals(bitsOf("language_model.model.embed_tokens.weight"), 8);
  assertEquals(bitsOf("language_model.model.layers.0.mlp.up_proj.weight"), 4);
});
