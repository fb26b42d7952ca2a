/** Quantised checkpoints that cannot be right are refused with one line, whatever is wrong with them. */
import { assert } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import { randomIntegers } from "../../../src/checks/oracles/numbers/random.ts";
import { assertFails } from "../../format/support.ts";
import { QUANTISED_GOLDENS, type RawModel, rawModel, readAll } from "./altered_model.ts";

const Q = "model.layers.0.self_attn.q_proj";
const D = "model.layers.0.mlp.down_proj";

/** A kind, what is done to it, and what the message has to name. */
type Case = [kind: string, alter: (model: RawModel) => void, parts: string[]];

/** Changes the settings of a format. */
const settings =
  (key: "quantization" | "quantization_config", changes: object) => ({ config }: RawModel) => {
    config[key] = { ...config[key] as object, ...changes };
  };

/** Changes the settings of the only group of compressed-tensors. */
const scheme = (changes: object) => ({ config }: RawModel) => {
  const { config_groups: { group_0: group } } = config.quantization_config as {
    config_groups: { group_0: { weights: object } };
  };
  group.weights = { ...group.weights, ...changes };
};

/** Cuts rows off a tensor. */
const cut = (name: string, rows = 1) => ({ tensors }: RawModel) => {
  const { shape, data } = tensors[name];
  const height = shape[0] - rows;
  const kept = data.slice(0, data.length / shape[0] * height);
  tensors[name] = { ...tensors[name], shape: [height, ...shape.slice(1)], data: kept };
};

const remove = (name: string) => ({ tensors }: RawModel) => {
  delete tensors[name];
};

/** Writes bytes over the beginning of a tensor. */
const overwrite = (name: string, ...bytes: number[]) => ({ tensors }: RawModel) =>
  tensors[name].data.set(bytes);

/** Takes out what config.json says of quantised weights. */
const withoutSettings = ({ config }: RawModel) => {
  delete config.quantization;
  delete config.quantization_config;
};

/** A half that is no number, the greatest one and zero, as bytes. */
const [NAN, INFINITY, ZERO] = [[0, 0x7e], [0, 0x7c], [0, 0]];

const MLX: Case[] = [
  ["mlx-mixed", settings("quantization", { mode: "fp3" }), ["quantization.mode", '"fp3"', "nvfp4"]],
  ["mlx-modes", settings("quantization", { bits: 8 }), [
    "quantization.bits",
    "found 8",
    "4 in mode",
  ]],
  ["mlx-modes", settings("quantization", { group_size: 32 }), ["group_size", "found 32", "16 in"]],
  ["mlx-modes", settings("quantization", { mode: "affine", group_size: 64 }), [
    "scales",
    "dtype U8",
  ]],
  ["mlx-modes", cut(`${Q}.weight`), [`${Q}.weight`, "[63, 8]", "[64, 8]"]],
  ["mlx-modes", cut(`${Q}.scales`), [`${Q}.scales`, "[63, 2]", "[64, 2]"]],
  ["mlx-modes", overwrite(`${Q}.scales`, 255), [`${Q}.scales`, "a scale of NaN", "damaged"]],
  ["mlx-modes", overwrite(`${D}.weight`, 127), [`${D}.weight`, "found NaN", "damaged"]],
  ["mlx-modes", overwrite(`${D}.scales`, 247), [`${D}.scales`, "a scale of 1.3", "finite"]],
  ["mlx-mixed", settings("quantization", { bits: 7 }), ["quantization.bits", "found 7", "2, 3, 4"]],
  ["mlx-mixed", settings("quantization", { group_size: 48 }), ["group_size", "found 48", "64"]],
  ["mlx-3b-tied", settings("quantization", { group_size: 128 }), ["rows of 64", "groups of 128"]],
  ["mlx-mixed", settings("quantization", { "model.no": { bits: 4, group_size: 32 } }), [
    "quantization.model.no",
    "a module of this model",
  ]],
  ["mlx-mixed", settings("quantization", { [Q]: 4 }), [Q, "found 4", "an object"]],
  ["mlx-mixed", settings("quantization", { [Q]: { bits: 6 } }), [`${Q}.group_size`, "nothing"]],
  ["mlx-mixed", settings("quantization", { [Q]: { bits: 4, group_size: 32 } }), [
    `${Q}.weight`,
    "[64, 12]",
    "[64, 8]",
  ]],
  ["mlx-mixed", cut(`${Q}.weight`), [`${Q}.weight`, "[63, 12]", "[64, 12]"]],
  ["mlx-mixed", cut(`${Q}.biases`), [`${Q}.biases`, "[63, 2]", "[64, 2]"]],
  ["mlx-mixed", remove(`${Q}.scales`), ["no tensor", `${Q}.scales`]],
  ["mlx-mixed", overwrite(`${Q}.scales`, ...NAN), [`${Q}.scales`, "NaN", "finite", "damaged"]],
  ["mlx-mixed", overwrite(`${Q}.biases`, ...INFINITY), [`${Q}.biases`, "Infinity", "finite"]],
  ["mlx-mixed", overwrite(`${Q}.scales`, ...ZERO), [`${Q}.scales`, "a scale of 0", "damaged"]],
];

const COMPRESSED: Case[] = [
  ...["marlin-24", "dense", "mixed-precision"].map((format): Case => [
    "ct-int8",
    settings("quantization_config", { format }),
    ["quantization_config.format", `"${format}"`, "pack-quantized"],
  ]),
  ["ct-pack-4b-asymmetric", scheme({ num_bits: 9 }), ["weights.num_bits", "found 9", "7, 8 in"]],
  ["ct-pack-4b-asymmetric", scheme({ num_bits: 3 }), ["weight_packed", "[64, 12]", "[64, 9]"]],
  ["ct-int8", scheme({ strategy: "token" }), ["weights.strategy", '"token"', '"channel"']],
  ["ct-int8", scheme({ type: "float" }), ["weights.type", '"float"', '"int"']],
  ["ct-fp8-block", scheme({ block_structure: [48, 0] }), ["block_stru", "a multiple of 8"]],
  ["ct-int8", settings("quantization_config", { config_groups: {} }), ["config_groups"]],
  ["ct-int8", settings("quantization_config", { kv_cache_scheme: { num_bits: 8 } }), [
    "kv_cache_scheme",
    "expected nothing",
  ]],
  ["ct-int8", settings("quantization_config", { sparsity_config: { format: "sparse-24" } }), [
    "sparsity_config.format",
    '"dense"',
  ]],
  ["ct-pack-4b-asymmetric", cut(`${Q}.weight_packed`), [`${Q}.weight_packed`, "[64, 8]"]],
  ["ct-pack-4b-asymmetric", remove(`${Q}.weight_zero_point`), [
    "no tensor",
    `${Q}.weight_zero_point`,
  ]],
  ["ct-pack-4b-asymmetric", cut(`${Q}.weight_zero_point`), [`${Q}.weight_zero_point`, "[8, 2]"]],
  ["ct-pack-8b-channel", cut(`${Q}.weight_scale`), [`${Q}.weight_scale`, "[63, 1]", "[64, 1]"]],
  ["ct-pack-8b-channel", overwrite(`${Q}.weight_scale`, 0, 0), [`${Q}.weight_scale`, "of 0"]],
  ["ct-nvfp4", cut(`${Q}.weight_packed`), [`${Q}.weight_packed`, "[63, 32]", "[64, 32]"]],
  ["ct-nvfp4", cut(`${Q}.weight_scale`), [`${Q}.weight_scale`, "[63, 4]", "[64, 4]"]],
  ["ct-nvfp4", remove(`${Q}.weight_global_scale`), ["no tensor", `${Q}.weight_global_scale`]],
  ["ct-nvfp4", overwrite(`${Q}.weight_global_scale`, 0, 0, 0, 0), ["global_scale", "of 0"]],
  ["ct-nvfp4", overwrite(`${Q}.weight_scale`, 255), [`${Q}.weight_scale`, "a scale of NaN"]],
  ["ct-nvfp4", ({ tensors }) => tensors[`${Q}.weight_packed`].dtype = "I8", ["I8", "U8"]],
  ["ct-nvfp4", ({ tensors }) => tensors[`${Q}.weight_scale`].dtype = "I8", ["I8", "F8_E4M3"]],
  [
    "ct-nvfp4",
    settings("quantization_config", { quant_method: "modelopt", quant_algo: "W4A8_AWQ" }),
    [
      "quantization_config.quant_algo",
      '"W4A8_AWQ"',
      '"NVFP4"',
    ],
  ],
  ["ct-fp8-block", overwrite(`${Q}.weight`, 0x7f), [`${Q}.weight`, "NaN", "finite"]],
];

/** Gives a tensor another shape, of as many elements. */
const reshape = (name: string, ...shape: number[]) => ({ tensors }: RawModel) => {
  tensors[name].shape = shape;
};

const EXPERTS = "model.layers.0.mlp.experts.gate_up_proj";

const MXFP4: Case[] = [
  ["mxfp4", remove(`${EXPERTS}_scales`), ["no tensor", `${EXPERTS}_scales`]],
  ["mxfp4", remove(`${EXPERTS}_blocks`), ["no tensor", `${EXPERTS}_blocks`]],
  ["mxfp4", cut(`${EXPERTS}_blocks`), [`${EXPERTS}_blocks`, "[4, 64, 2, 16]", "[5, 64, 2, 16]"]],
  ["mxfp4", cut(`${EXPERTS}_scales`), [`${EXPERTS}_scales`, "[256, 2]", "[320, 2]"]],
  // Other stacks of as many rows, and groups of 64 and of 16.
  ["mxfp4", reshape(`${EXPERTS}_blocks`, 64, 5, 2, 16), ["[64, 5, 2, 16]", "[5, 64, 2, 16]"]],
  ["mxfp4", reshape(`${EXPERTS}_blocks`, 5, 64, 1, 32), ["[5, 64, 1, 32]", "[5, 64, 2, 16]"]],
  ["mxfp4", reshape(`${EXPERTS}_blocks`, 5, 64, 4, 8), ["[5, 64, 4, 8]", "[5, 64, 2, 16]"]],
  ["mxfp4", reshape(`${EXPERTS}_blocks`, 320, 32), ["[320, 32]", "[5, 64, 2, 16]"]],
  ["mxfp4", ({ tensors }) => tensors[`${EXPERTS}_blocks`].dtype = "I8", ["dtype I8", "U8"]],
  ["mxfp4", ({ tensors }) => tensors[`${EXPERTS}_scales`].dtype = "F8_E8M0", ["F8_E8M0", "U8"]],
  ["mxfp4", overwrite(`${EXPERTS}_scales`, 255), [`${EXPERTS}_scales`, "of NaN", "damaged"]],
  ["mxfp4", overwrite(`${EXPERTS}_scales`, 253), [`${EXPERTS}_scales`, "of 8.5", "finite"]],
  ["mxfp4", settings("quantization_config", { modules_to_not_convert: "lm_head" }), [
    "quantization_config.modules_to_not_convert",
    "a list of modules' names",
  ]],
];

const OTHERS: Case[] = [
  ...Object.entries({
    "mlx-mixed": "scales",
    "ct-pack-4b-asymmetric": "weight_packed",
    "gptq-4b": "qweight",
    "fp8-block": "weight_scale_inv",
    "bnb-fp4": "weight.absmax",
    "mxfp4": "down_proj_blocks",
  }).map(([kind, part]): Case => [
    kind,
    withoutSettings,
    [`.${part}"`, "quantised weights", "config.json does not say how", "quantization_config"],
  ]),
  ...["hqq", "exl3", "quip", "quark", "bitnet", "constructor"].map((method): Case => [
    "awq",
    settings("quantization_config", { quant_method: method }),
    ["quantization_config.quant_method", `found "${method}"`, '"gptq"', "in one of these formats"],
  ]),
  ["gptq-4b", settings("quantization_config", { checkpoint_format: "marlin" }), [
    "checkpoint_format",
    '"marlin"',
    "gptq_v2",
  ]],
  ["gptq-4b", settings("quantization_config", { bits: 5 }), ["bits", "found 5", "2, 3, 4 or 8"]],
  ["gptq-4b", cut(`${Q}.qweight`), [`${Q}.qweight`, "[7, 64]", "4, 6, 8, 16 rows"]],
  ["gptq-4b", cut(`${Q}.qzeros`), [`${Q}.qzeros`, "[1, 8]", "[2, 8]"]],
  ["gptq-4b", remove(`${Q}.qzeros`), ["no tensor", `${Q}.qzeros`]],
  ["gptq-4b", remove(`${Q}.qweight`), ["no tensor", `${Q}.qweight`]],
  ["awq", remove(`${Q}.qweight`), ["no tensor", `${Q}.qweight`]],
  ["awq", remove(`${Q}.qzeros`), ["no tensor", `${Q}.qzeros`]],
  ["gptq-4b", settings("quantization_config", { group_size: 0 }), ["group_size", "found 0"]],
  ["gptq-4b", cut(`${Q}.scales`, 2), [`${Q}.scales`, "[0, 64]", "groups"]],
  ["gptq-4b", overwrite(`${Q}.scales`, ...NAN), [`${Q}.scales`, "NaN"]],
  ["gptq-4b", ({ tensors }) => tensors[`${Q}.scales`].data.fill(0), [`${Q}.scales`, "but zeros"]],
  ["gptq-8b-v2-ordered", overwrite(`${Q}.g_idx`, 9), [`${Q}.g_idx`, "group 9", "groups of 64"]],
  ["gptq-4b", remove(`${Q}.scales`), ["no tensor", `${Q}.scales`]],
  ...["gemv", "gemv_fast", "marlin", "exllama"].map((version): Case => [
    "awq",
    settings("quantization_config", { version }),
    ["quantization_config.version", `"${version}"`, '"gemm"'],
  ]),
  ["awq", settings("quantization_config", { version: undefined, format: "gemv" }), [
    "quantization_config.format",
    '"gemv"',
  ]],
  ["awq", settings("quantization_config", { bits: 8 }), ["bits", "found 8", "expected 4"]],
  ["awq", cut(`${Q}.qweight`), [`${Q}.qweight`, "[63, 8]", "[64, 8]"]],
  ["fp8-block", cut(`${Q}.weight_scale_inv`), [`${Q}.weight_scale_inv`, "[1, 2]", "[2, 2]"]],
  ["fp8-block", settings("quantization_config", { weight_block_size: [128] }), [
    "weight_block_size",
    "a multiple of 8",
  ]],
  ["fp8-block", ({ tensors }) => tensors[`${Q}.weight`].dtype = "I8", ["dtype I8", "F8_E4M3"]],
  ["bnb-nf4-double", settings("quantization_config", { load_in_4bit: false }), ["load_in_4bit"]],
  ["bnb-int8", overwrite(`${Q}.weight_format`, 2), [`${Q}.weight_format`, "found 2", "expected 0"]],
  ["bnb-int8", cut(`${Q}.SCB`), [`${Q}.SCB`, "[63]", "[64]"]],
  ["bnb-nf4-double", cut(`${Q}.weight`), [`${Q}.weight`, "[2047, 1]", "[2048, 1]"]],
  ["bnb-nf4-double", cut(`${Q}.weight.absmax`), [`${Q}.weight.absmax`, "[63]", "[64]"]],
  ["bnb-nf4-double", cut(`${Q}.weight.quant_map`), ["quant_map", "[15]", "[16]"]],
  ["bnb-nf4-double", overwrite(`${Q}.weight.quant_state.bitsandbytes__nf4`, 0x5b), [
    "quant_state.bitsandbytes__nf4",
    "JSON",
  ]],
];

for (const [i, [kind, alter, parts]] of [...MLX, ...COMPRESSED, ...MXFP4, ...OTHERS].entries()) {
  Deno.test(`${i} ${kind}: ${parts.join(", ")}`, async () => {
    const { sizes, ...model } = await rawModel(kind);
    alter(model);
    await assertFails(() => readAll(model, sizes), DataError, parts);
  });
}

/** Alterations of each kind. */
const TRIES = 40;

for (const { name: kind } of Deno.readDirSync(QUANTISED_GOLDENS)) {
  Deno.test(`${kind}: whatever is done to a tensor is read or refused with one line`, async () => {
    let refused = 0;
    for (let seed = 0; seed < TRIES; seed++) {
      const { sizes, ...model } = await rawModel(kind);
      spoil(model, Object.keys(sizes), seed);
      try {
        await readAll(model, sizes);
      } catch (error) {
        assert(error instanceof DataError, `${seed}: ${error}`);
        assert(!error.message.includes("\n"), error.message);
        refused++;
      }
    }
    assert(refused > TRIES / 4, `${refused} of ${TRIES} were refused`);
  });
}

/** Takes a tensor of a quantised module away, or gives it another type, shape or content. */
function spoil({ tensors }: RawModel, modules: readonly string[], seed: number): void {
  const names = Object.keys(tensors).filter((name) =>
    name.includes("proj") && !/[._]bias$/.test(name) &&
    modules.some((module) => name.startsWith(module))
  );
  const [which, how, size, at] = randomIntegers(4, seed, 2 ** 16);
  const name = names[which % names.length];
  const { dtype, shape, data } = tensors[name];
  const bytes = new Map([["I32", 4], ["U32", 4], ["F32", 4], ["I64", 8], ["U8", 1], ["I8", 1]]);
  const element = bytes.get(dtype) ?? (dtype.startsWith("F8") ? 1 : 2);
  const alterations = [
    () => delete tensors[name],
    () => tensors[name] = { dtype: "U8", shape: [data.length], data },
    () => tensors[name] = { dtype, shape: [data.length / element], data },
    () => tensors[name] = { dtype, shape: [...shape].reverse(), data },
    () => {
      const count = size % (data.length / element + 1);
      tensors[name] = { dtype, shape: [count], data: data.slice(0, count * element) };
    },
    () => data.fill(255, at % (data.length + 1)),
    () => data.fill(0),
  ];
  alterations[how % alterations.length]();
}
