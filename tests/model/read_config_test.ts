/** config.json and generation_config.json: what is read from them, and what is refused. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DataError, NoInputError } from "../../src/format/errors.ts";
import type { LayerPlan, ModelConfig, Rotation } from "../../src/model/config.ts";
import { readConfig } from "../../src/model/read_config.ts";
import { assertFails, type Contents, DEMO_FOLDER, withFolder } from "../format/support.ts";

/** A small valid config.json with only what it must have. */
const MINIMAL = {
  architectures: ["LlamaForCausalLM"],
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: 100,
  max_position_embeddings: 256,
};

/** What the fields of MINIMAL with these changes are read as. */
async function read(changes: object, generation?: object): Promise<ModelConfig> {
  const files: Record<string, Contents> = { "config.json": { ...MINIMAL, ...changes } };
  if (generation) files["generation_config.json"] = { ...generation };
  return await withFolder(files, readConfig);
}

/** The plan of a Llama's layers that are rotated like this. */
function llamaLayers(count: number, headDim: number, rotation: Rotation): LayerPlan[] {
  const layer: LayerPlan = {
    norms: "before",
    residualScale: 1,
    attention: {
      inputBias: false,
      outputBias: false,
      headNorm: "none",
      scale: 1 / Math.sqrt(headDim),
      softCap: null,
      window: null,
      rotation,
      queryGrowth: null,
    },
    mlp: { bias: false, activation: "silu", experts: null },
  };
  return Array.from({ length: count }, () => layer);
}

Deno.test("the demo model's configuration", async () => {
  assertEquals(await readConfig(DEMO_FOLDER), {
    architecture: "LlamaForCausalLM",
    hiddenSize: 256,
    intermediateSize: 704,
    layerCount: 8,
    headCount: 8,
    kvHeadCount: 4,
    headDim: 32,
    vocabSize: 4096,
    contextLength: 512,
    norm: "rms",
    normEpsilon: 1e-5,
    tieWordEmbeddings: true,
    embeddingScale: 1,
    logitScale: 1,
    logitSoftCap: null,
    layers: llamaLayers(8, 32, { theta: 10000, dimensions: 32, scaling: null }),
    eosTokenIds: [0, 4],
  });
});

Deno.test("fields that may be left out have the architecture's defaults", async () => {
  assertEquals(await read({}), {
    architecture: "LlamaForCausalLM",
    hiddenSize: 64,
    intermediateSize: 128,
    layerCount: 2,
    headCount: 4,
    kvHeadCount: 4,
    headDim: 16,
    vocabSize: 100,
    contextLength: 256,
    norm: "rms",
    normEpsilon: 1e-6,
    tieWordEmbeddings: false,
    embeddingScale: 1,
    logitScale: 1,
    logitSoftCap: null,
    layers: llamaLayers(2, 16, { theta: 10000, dimensions: 16, scaling: null }),
    eosTokenIds: [],
  });
});

Deno.test("null counts as left out", async () => {
  const config = await read({ head_dim: null, num_key_value_heads: null, rope_scaling: null });
  assertEquals([config.headDim, config.kvHeadCount], [16, 4]);
  assertEquals(config.layers[0].attention.rotation?.scaling, null);
});

Deno.test("a head may be wider than its share of the hidden size", async () => {
  assertEquals((await read({ head_dim: 128 })).headDim, 128);
});

Deno.test("the end of text is a number or a list, and both files name ends", async () => {
  assertEquals((await read({ eos_token_id: 2 })).eosTokenIds, [2]);
  assertEquals((await read({ eos_token_id: [2, 3] })).eosTokenIds, [2, 3]);
  assertEquals((await read({ eos_token_id: 2 }, { eos_token_id: [7, 8] })).eosTokenIds, [7, 8, 2]);
  assertEquals((await read({ eos_token_id: [0, 4] }, { eos_token_id: 0 })).eosTokenIds, [0, 4]);
  assertEquals((await read({ eos_token_id: 2 }, { temperature: 0.6 })).eosTokenIds, [2]);
});

Deno.test("biases of attention and MLP, where the fields ask for them", async () => {
  const biases = async (changes: object) => {
    const [{ attention, mlp }] = (await read(changes)).layers;
    return [attention.inputBias, attention.outputBias, mlp.bias];
  };
  assertEquals(await biases({ attention_bias: true }), [true, true, false]);
  assertEquals(await biases({ mlp_bias: true }), [false, false, true]);
});

Deno.test("the type of a model names its architecture where nothing else does", async () => {
  for (const [model_type, name] of [["granite", "Granite"], ["gemma3_text", "Gemma3"]]) {
    const { architecture } = await read({ architectures: undefined, model_type });
    assertEquals(architecture, `${name}ForCausalLM`);
  }
});

Deno.test("what transformers runs as a Llama, and saves under that name, is known by its type", async () => {
  for (const [model_type, name] of [["exaone", "Exaone"], ["internlm3", "InternLM3"]]) {
    const { architecture } = await read({ model_type, num_key_value_heads: 2 });
    assertEquals(architecture, `${name}ForCausalLM`);
  }
});

/** Changes of the minimal config, and the parts of the message in order after the file. */
const CASES: [Record<string, unknown>, string[]][] = [
  [{ architectures: ["BloomForCausalLM"] }, ['"architectures"', '["BloomForCausalLM"]', "Llama"]],
  [{ architectures: "LlamaForCausalLM" }, [
    '"architectures"',
    'found "Llama',
    "a list of one, of ",
    " Gemma2, ",
    " + ForCausalLM",
  ]],
  [{ architectures: undefined }, ['"architectures"', "found nothing", "one, of ", " Gemma2, "]],
  [{ architectures: null, model_type: "bloom" }, ['"architectures"', "found null", "Llama"]],
  [{ architectures: [] }, ['"architectures"', "found []", "one, of ", " Gemma2, "]],
  [{ hidden_size: undefined }, ['"hidden_size"', "found nothing", "a multiple of 8 from 8"]],
  [{ hidden_size: "64" }, ['"hidden_size"', 'found "64"', "a multiple of 8"]],
  [{ hidden_size: 60 }, ['"hidden_size"', "found 60", "a multiple of 8"]],
  [{ hidden_size: 0 }, ['"hidden_size"', "found 0", "from 8 to 65536"]],
  [{ hidden_size: -8 }, ['"hidden_size"', "found -8", "from 8 to 65536"]],
  [{ hidden_size: 2 ** 40 }, ['"hidden_size"', "found 1099511627776", "to 65536"]],
  [{ hidden_size: [64] }, ['"hidden_size"', "found [64]", "a multiple of 8"]],
  [{ intermediate_size: 100 }, ['"intermediate_size"', "found 100", "a multiple of 8"]],
  [{ num_hidden_layers: 0 }, ['"num_hidden_layers"', "found 0", "an integer from 1 to 1024"]],
  [{ num_hidden_layers: 1.5 }, ['"num_hidden_layers"', "found 1.5", "an integer"]],
  [{ num_hidden_layers: 1e9 }, ['"num_hidden_layers"', "found 1000000000", "to 1024"]],
  [{ num_attention_heads: {} }, ['"num_attention_heads"', "found an object", "an integer"]],
  [{ num_key_value_heads: 3 }, ['"num_key_value_heads"', "found 3", "a divisor of the 4"]],
  [{ num_key_value_heads: 8 }, ['"num_key_value_heads"', "found 8", "from 1 to 4"]],
  [
    { hidden_size: 72, num_attention_heads: 6 },
    ['"head_dim"', "found nothing, which stands for 12", "a multiple of 8 from 8 to 256"],
  ],
  [{ head_dim: 12 }, ['"head_dim"', "found 12", "a multiple of 8"]],
  [{ head_dim: 264 }, ['"head_dim"', "found 264", "to 256"]],
  [{ vocab_size: 2 ** 31 }, ['"vocab_size"', "found 2147483648", "to 4194304"]],
  [{ max_position_embeddings: true }, ['"max_position_embeddings"', "found true", "an integer"]],
  [{ rms_norm_eps: 0 }, ['"rms_norm_eps"', "found 0", "a number from"]],
  [{ rms_norm_eps: "1e-5" }, ['"rms_norm_eps"', 'found "1e-5"', "a number from"]],
  [{ rope_theta: -1 }, ['"rope_theta"', "found -1", "a number from 1"]],
  [{ tie_word_embeddings: 1 }, ['"tie_word_embeddings"', "found 1", "true or false"]],
  [{ attention_bias: 1 }, ['"attention_bias"', "found 1", "true or false"]],
  [{ mlp_bias: "yes" }, ['"mlp_bias"', 'found "yes"', "true or false"]],
  [{ hidden_act: "mish" }, ['"hidden_act"', 'found "mish"', '"silu"', "not supported"]],
  [
    { quantization_config: { bits: 4 } },
    ['"quantization_config.group_size"', "found nothing", "an integer from 32 to 128"],
  ],
  [{ rope_scaling: "linear" }, ['"rope_scaling"', 'found "linear"', "an object"]],
  [{ rope_scaling: { type: "ntk" } }, ['"rope_scaling.type"', 'found "ntk"', '"linear"']],
  [{ rope_scaling: { rope_type: 7 } }, ['"rope_scaling.rope_type"', "found 7", "a string"]],
  [{ rope_scaling: { type: "linear" } }, ['"rope_scaling.factor"', "found nothing", "a number"]],
  [
    {
      rope_scaling: { type: "llama3", factor: 8, low_freq_factor: 4, high_freq_factor: 4 },
    },
    ['"rope_scaling.high_freq_factor"', "found 4", "more than low_freq_factor, 4"],
  ],
  [{ rope_scaling: { factor: 2 } }, ['"rope_scaling.factor"', "found 2", "rope_type"]],
  [
    { rope_scaling: { rope_type: "default", factor: 2 } },
    ['"rope_scaling.factor"', "found 2", 'nothing in rope_type "default"'],
  ],
  [
    { rope_scaling: { rope_type: "linear", factor: 2, mscale: 1 } },
    ['"rope_scaling.mscale"', "found 1", 'nothing in rope_type "linear"'],
  ],
  [
    { rope_parameters: { full_attention: { rope_theta: 1e5 } } },
    ['"rope_parameters.full_attention"', "found an object", "layers are rotated alike"],
  ],
  [{ eos_token_id: 100 }, ['"eos_token_id"', "found 100", "a token id below vocab_size 100"]],
  [{ eos_token_id: [] }, ['"eos_token_id"', "found []", "a token id"]],
  [{ eos_token_id: [1, "2"] }, ['"eos_token_id"', 'found [1, "2"]', "a token id"]],
  [{ eos_token_id: -1 }, ['"eos_token_id"', "found -1", "a token id"]],
];

for (const [changes, parts] of CASES) {
  Deno.test(`config.json with ${JSON.stringify(changes)} is refused in one line`, async () => {
    await withFolder({ "config.json": { ...MINIMAL, ...changes } }, async (folder) => {
      const all = [join(folder, "config.json"), ...parts];
      await assertFails(() => readConfig(folder), DataError, all);
    });
  });
}

/** Contents that are no configuration at all. */
const NOT_CONFIGS: [string, Contents, string[]][] = [
  ["nothing in it", "", ["is not valid JSON: ", "the file is cut off: get it again"]],
  ["broken JSON over lines", '{"a":\n\n}', ["is not valid JSON: "]],
  ["a list", "[1]", ["found [1]", "expected a JSON object"]],
  ["null", "null", ["found null", "expected a JSON object"]],
  ["a prototype", '{"__proto__":{"hidden_size":64}}', ['"architectures"', "found nothing"]],
  ["bytes that are no text", Uint8Array.of(0xff, 0xfe), ["bytes that are not UTF-8", "UTF-8"]],
  ["a hundred thousand brackets", "[".repeat(1e5), ["is not valid JSON: "]],
];

for (const [what, contents, parts] of NOT_CONFIGS) {
  Deno.test(`config.json with ${what} is refused in one line`, async () => {
    await withFolder({ "config.json": contents }, async (folder) => {
      const all = [join(folder, "config.json"), ...parts];
      await assertFails(() => readConfig(folder), DataError, all);
    });
  });
}

Deno.test("config.json of ten gigabytes is refused unread", async () => {
  await withFolder({ "config.json": "" }, async (folder) => {
    const path = join(folder, "config.json");
    await Deno.truncate(path, 10 * 2 ** 30);
    const parts = [path, "found 10737418240 bytes", "expected at most 67108864 bytes"];
    await assertFails(() => readConfig(folder), DataError, parts);
  });
});

Deno.test("half of a generation_config.json is to be got again", async () => {
  for (const contents of ['{"eos_token_id": 2,', "", "\0".repeat(50)]) {
    const files = { "config.json": MINIMAL, "generation_config.json": contents };
    await withFolder(files, async (folder) => {
      const parts = [join(folder, "generation_config.json"), "is not valid JSON", ": get it again"];
      await assertFails(() => readConfig(folder), DataError, parts);
    });
  }
});

Deno.test("a broken generation_config.json names itself", async () => {
  const files = { "config.json": MINIMAL, "generation_config.json": { eos_token_id: "x" } };
  await withFolder(files, async (folder) => {
    const parts = [join(folder, "generation_config.json"), '"eos_token_id"', 'found "x"'];
    await assertFails(() => readConfig(folder), DataError, parts);
  });
});

Deno.test("a folder without config.json gives a NoInputError", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "config.json");
    await assertFails(() => readConfig(folder), NoInputError, [path, "no such file", "expected"]);
    await Deno.mkdir(path);
    await assertFails(() => readConfig(folder), NoInputError, [path, "is a folder", "expected"]);
    const missing = join(folder, "missing");
    await assertFails(() => readConfig(missing), NoInputError, [missing, "no such folder"]);
  });
});
