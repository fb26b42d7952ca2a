/** What rotary settings mean, type by type, and which of them are refused. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import type { Rotation } from "../../../src/model/config.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { assertFails, withFolder } from "../../format/support.ts";
import { readAs, SIZES } from "./configs.ts";

/** What a Llama with heads of 16 and a context of 256 makes of the settings. */
async function scalingOf(settings: object, beside: object = {}): Promise<Rotation["scaling"]> {
  const { layers } = await readAs("LlamaForCausalLM", { rope_scaling: settings, ...beside });
  return layers[0].attention.rotation!.scaling;
}

const YARN = { type: "yarn", factor: 4, original_max_position_embeddings: 64 };

/** What YARN means. */
const YARN_MEANS = {
  type: "yarn",
  factor: 4,
  betaFast: 32,
  betaSlow: 1,
  truncate: true,
  originalContextLength: 64,
  attentionFactor: 0.1 * Math.log(4) + 1,
} as const;

Deno.test("yarn and what it means where it leaves out everything but the factor", async () => {
  assertEquals(await scalingOf(YARN), YARN_MEANS);
  const original = await scalingOf({ rope_type: "yarn", factor: 4 });
  assertEquals(original, { ...YARN_MEANS, originalContextLength: 256 });
});

Deno.test("settings of yarn that stand in the file, zeros and nulls among them", async () => {
  const betas = { beta_fast: 8, beta_slow: 2, truncate: false, finetuned: true };
  const expected = { ...YARN_MEANS, betaFast: 8, betaSlow: 2, truncate: false };
  assertEquals(await scalingOf({ ...YARN, ...betas }), expected);
  const zeros = { beta_fast: 0, beta_slow: null, mscale: 0, mscale_all_dim: 0.5, truncate: null };
  assertEquals(await scalingOf({ ...YARN, ...zeros }), YARN_MEANS);
});

Deno.test("the original context length beside yarn outweighs the one in it", async () => {
  const found = await scalingOf(YARN, { original_max_position_embeddings: 32 });
  assertEquals(found, { ...YARN_MEANS, originalContextLength: 32 });
});

Deno.test("the factor of yarn is the ratio of the contexts where it is null", async () => {
  const found = await scalingOf({ ...YARN, factor: null, original_max_position_embeddings: 32 });
  const attentionFactor = 0.1 * Math.log(8) + 1;
  assertEquals(found, { ...YARN_MEANS, factor: 8, originalContextLength: 32, attentionFactor });
});

Deno.test("the attention factor of yarn is its own, or follows from two weights, never from one", async () => {
  const attentionFactor = async (settings: object) => {
    const scaling = await scalingOf({ ...YARN, ...settings });
    return scaling?.type === "yarn" ? scaling.attentionFactor : null;
  };
  const weights = { mscale: 1.5, mscale_all_dim: 0.5 };
  const quotient = (0.1 * 1.5 * Math.log(4) + 1) / (0.1 * 0.5 * Math.log(4) + 1);
  assertEquals(await attentionFactor(weights), quotient);
  assertEquals(await attentionFactor({ ...weights, attention_factor: 1.25 }), 1.25);
  assertEquals(await attentionFactor({ mscale: 1.5 }), YARN_MEANS.attentionFactor);
  assertEquals(await attentionFactor({ mscale_all_dim: 1.5 }), YARN_MEANS.attentionFactor);
  const unscaled = { factor: 1, ...weights };
  assertEquals(await attentionFactor(unscaled), 1);
});

/** Rotary settings that are malformed, and parts of the message after the file. */
const MALFORMED: [settings: Record<string, unknown>, parts: string[]][] = [
  [{ ...YARN, factor: 0 }, ['"rope_scaling.factor"', "found 0", "a number from 1"]],
  [{ ...YARN, factor: "4" }, ['"rope_scaling.factor"', 'found "4"', "a number from 1"]],
  [{ ...YARN, factor: -4 }, ['"rope_scaling.factor"', "found -4", "a number from 1"]],
  [
    { ...YARN, factor: null, original_max_position_embeddings: 512 },
    ['"rope_scaling.factor"', "found null", "a number from 1"],
  ],
  [
    { ...YARN, original_max_position_embeddings: 0 },
    ['"rope_scaling.original_max_position_embeddings"', "found 0", "an integer from 1"],
  ],
  [
    { ...YARN, original_max_position_embeddings: 64.5 },
    ['"rope_scaling.original_max_position_embeddings"', "found 64.5", "an integer from 1"],
  ],
  [{ ...YARN, attention_factor: 0 }, ['"rope_scaling.attention_factor"', "found 0", "a number"]],
  [{ ...YARN, beta_fast: -1 }, ['"rope_scaling.beta_fast"', "found -1", "a number from"]],
  [{ ...YARN, beta_slow: [1] }, ['"rope_scaling.beta_slow"', "found [1]", "a number from"]],
  [{ ...YARN, beta_slow: 64 }, ['"rope_scaling.beta_fast"', "found nothing", "beta_slow, 64, or"]],
  [{ ...YARN, mscale: "1" }, ['"rope_scaling.mscale"', 'found "1"', "a number from"]],
  [{ ...YARN, mscale_all_dim: -1 }, ['"rope_scaling.mscale_all_dim"', "found -1", "a number from"]],
  [{ ...YARN, truncate: 1 }, ['"rope_scaling.truncate"', "found 1", "true or false"]],
  [{ ...YARN, rope_theta: 1 }, ['"rope_scaling.rope_theta"', "found 1", "more than 1"]],
  [
    { ...YARN, low_freq_factor: 1 },
    ['"rope_scaling.low_freq_factor"', "found 1", 'nothing in rope_type "yarn"'],
  ],
];

for (const [settings, parts] of MALFORMED) {
  Deno.test(`rotary settings ${JSON.stringify(settings)} are refused in one line`, async () => {
    const config = { architectures: ["LlamaForCausalLM"], ...SIZES, rope_scaling: settings };
    await withFolder({ "config.json": config }, async (folder) => {
      await assertFails(() => readConfig(folder), DataError, [
        join(folder, "config.json"),
        ...parts,
      ]);
    });
  });
}
