/** Small configurations of every architecture, as config.json has them. */
import { withFolder } from "../../format/support.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import { readConfig } from "../../../src/model/read_config.ts";

/** The sizes of every configuration here: four layers, four query heads of 16 and two key heads. */
export const SIZES = {
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 100,
  max_position_embeddings: 256,
};

/** What a config.json with these fields is read as. */
export async function read(fields: object): Promise<ModelConfig> {
  return await withFolder({ "config.json": { ...fields } }, readConfig);
}

/** Fields that a configuration needs, since those that it would have without them are not supported. */
export const NEEDED: Readonly<Record<string, object>> = {
  GPT2LMHeadModel: { num_key_value_heads: undefined },
  GPTNeoForCausalLM: {
    num_key_value_heads: undefined,
    attention_types: [[["global", "local"], 2]],
  },
  OPTForCausalLM: { num_key_value_heads: undefined },
  GPTNeoXForCausalLM: { num_key_value_heads: undefined },
  GraniteMoeHybridForCausalLM: {
    num_local_experts: 0,
    shared_intermediate_size: 128,
    layer_types: Array(4).fill("attention"),
  },
};

/** What SIZES and these fields are read as in the architecture. */
export async function readAs(architecture: string, fields: object = {}): Promise<ModelConfig> {
  return await read({
    architectures: [architecture],
    ...SIZES,
    ...NEEDED[architecture],
    ...fields,
  });
}
