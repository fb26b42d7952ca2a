import { join } from "@std/path";

/** Sizes that Llamas differ in, as config.json names them. */
export interface LlamaSizes {
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  /** 2048 if left out. */
  max_position_embeddings?: number;
}

/** Those of SmolLM2-135M, but for its vocabulary. */
export const SMALL: LlamaSizes = {
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
};

/** About 1.5 GB in half precision. */
export const LARGE: LlamaSizes = {
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  head_dim: 64,
};

/** Those of Llama 2 7B, 13.2 GB in half precision. */
export const SEVEN_BILLION: LlamaSizes = {
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  head_dim: 128,
};

const COMMON = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_act: "silu",
  vocab_size: 32000,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  eos_token_id: 2,
  tie_word_embeddings: true,
};

/** As MLX writes them: codes, and the scales and offsets of groups of them. */
const FOUR_BITS = { bits: 4, group_size: 64, mode: "affine" } as const;

/** 1 as a half: a scale of 0 is refused. */
const HALF_ONE = 0x3c00;

/** A tensor of the file. */
interface SparseTensor {
  name: string;
  dtype: "F16" | "U32";
  shape: number[];
}

/**
 * Writes a model folder whose weights, halves or codes of four bits, are one large hole: a file of full
 * length that takes no room on most file systems. Returns the bytes of its tensors.
 */
export async function writeSparseModel(
  folder: string,
  sizes: LlamaSizes,
  { fourBits = false } = {},
): Promise<number> {
  const halves = tensorShapes(sizes);
  const tensors = fourBits ? halves.flatMap(inFourBits) : halves.map(asHalves);
  const header: Record<string, Omit<SparseTensor, "name"> & { data_offsets: number[] }> = {};
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    const size = dtype === "F16" ? 2 : 4;
    const byteLength = size * shape.reduce((product, length) => product * length, 1);
    header[name] = { dtype, shape, data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(8 + json.length);
  new DataView(start.buffer).setBigUint64(0, BigInt(json.length), true);
  start.set(json, 8);
  const weights = join(folder, "model.safetensors");
  const config = { ...COMMON, ...sizes, ...(fourBits ? { quantization: FOUR_BITS } : {}) };
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(config));
  await Deno.writeFile(weights, start);
  await Deno.truncate(weights, start.length + offset);
  using file = await Deno.open(weights, { write: true });
  for (const [name, { data_offsets: [from, to] }] of Object.entries(header)) {
    if (!name.endsWith(".scales")) continue;
    await file.seek(start.length + from, Deno.SeekMode.Start);
    await file.write(new Uint8Array(new Uint16Array((to - from) / 2).fill(HALF_ONE).buffer));
  }
  return offset;
}

function asHalves([name, shape]: [string, number[]]): SparseTensor {
  return { name, dtype: "F16", shape };
}

/** The tensors that a matrix is stored as; the weights of norms stay halves. */
function inFourBits(tensor: [string, number[]]): SparseTensor[] {
  const [name, [columns, inner]] = tensor;
  if (inner === undefined) return [asHalves(tensor)];
  const { bits, group_size } = FOUR_BITS;
  const ofGroups = [columns, inner / group_size];
  const base = name.slice(0, -".weight".length);
  return [
    { name, dtype: "U32", shape: [columns, inner * bits / 32] },
    asHalves([`${base}.scales`, ofGroups]),
    asHalves([`${base}.biases`, ofGroups]),
  ];
}

function tensorShapes(sizes: LlamaSizes): [string, number[]][] {
  const { hidden_size: hidden, intermediate_size: intermediate } = sizes;
  const queries = sizes.num_attention_heads * sizes.head_dim;
  const keys = sizes.num_key_value_heads * sizes.head_dim;
  const layers = Array.from({ length: sizes.num_hidden_layers }, (_, i) => {
    const layer: [string, number[]][] = [
      ["input_layernorm", [hidden]],
      ["self_attn.q_proj", [queries, hidden]],
      ["self_attn.k_proj", [keys, hidden]],
      ["self_attn.v_proj", [keys, hidden]],
      ["self_attn.o_proj", [hidden, queries]],
      ["post_attention_layernorm", [hidden]],
      ["mlp.gate_proj", [intermediate, hidden]],
      ["mlp.up_proj", [intermediate, hidden]],
      ["mlp.down_proj", [hidden, intermediate]],
    ];
    return layer.map(([name, shape]): [string, number[]] => [
      `model.layers.${i}.${name}.weight`,
      shape,
    ]);
  });
  return [
    ["model.embed_tokens.weight", [COMMON.vocab_size, hidden]],
    ...layers.flat(),
    ["model.norm.weight", [hidden]],
  ];
}
