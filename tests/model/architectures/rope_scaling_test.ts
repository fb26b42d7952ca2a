/** What rotary settings mean, type by type, and which of them are refused. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import type { Rotation } from "../../../src/model/config.ts";
import { inContext, longestContext } from "../../../src/model/context.ts";
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

/** Factors for heads of 16. */
const LONGROPE = {
  type: "longrope",
  short_factor: [1, 1, 1, 1, 1.5, 2, 3, 4],
  long_factor: [1, 2, 3, 4, 5, 6, 7, 8],
  original_max_position_embeddings: 64,
};

/** What LONGROPE means. */
const LONGROPE_MEANS = {
  type: "longrope",
  shortFactors: LONGROPE.short_factor,
  longFactors: LONGROPE.long_factor,
  isLong: false,
  originalContextLength: 64,
  attentionFactor: Math.sqrt(1 + Math.log(4) / Math.log(64)),
} as const;

Deno.test("dynamic: nothing changes within the context, which is the longest there is", async () => {
  const dynamic = { rope_type: "dynamic", factor: 4 };
  assertEquals(await scalingOf(dynamic), null);
  const config = await readAs("LlamaForCausalLM", { rope_scaling: dynamic });
  assertEquals([config.contextLength, longestContext(config)], [256, 256]);
});

Deno.test("longrope: the attention factor is its own, or follows from the factor or the contexts", async () => {
  assertEquals(await scalingOf(LONGROPE), LONGROPE_MEANS);
  const attentionFactor = async (settings: object) => {
    const scaling = await scalingOf({ ...LONGROPE, ...settings });
    return scaling?.type === "longrope" ? scaling.attentionFactor : null;
  };
  const factor = Math.sqrt(1 + Math.log(16) / Math.log(64));
  assertEquals(await attentionFactor({ factor: 16 }), factor);
  assertEquals(await attentionFactor({ factor: 16, attention_factor: 1.25 }), 1.25);
  assertEquals(await attentionFactor({ original_max_position_embeddings: 300 }), 1);
});

Deno.test("longrope: the context is the original one unless a longer one is asked for", async () => {
  const config = await readAs("LlamaForCausalLM", { rope_scaling: LONGROPE });
  assertEquals([config.contextLength, config.longestContext], [64, 256]);
  assertEquals(inContext(config), config);
  assertEquals(inContext(config, 64), config);
  const long = inContext(config, 65);
  assertEquals([long.contextLength, longestContext(long)], [256, 256]);
  const scalings = long.layers.map(({ attention }) => attention.rotation?.scaling);
  assertEquals(scalings, Array(4).fill({ ...LONGROPE_MEANS, isLong: true }));
});

Deno.test("longrope: a context that is no longer than the original one has but one rotation", async () => {
  const fields = { rope_scaling: LONGROPE, original_max_position_embeddings: 256 };
  const config = await readAs("LlamaForCausalLM", fields);
  assertEquals([config.contextLength, config.longestContext], [256, undefined]);
  assertEquals(inContext(config, 9999), config);
});

Deno.test("Phi 3 has older names for longrope, and an original context where none is named", async () => {
  const { original_max_position_embeddings: _, ...factors } = LONGROPE;
  for (const type of ["longrope", "su", "yarn"]) {
    const { layers, ...sizes } = await readAs("Phi3ForCausalLM", {
      max_position_embeddings: 4096 * 32,
      rope_scaling: { ...factors, type },
    });
    assertEquals([sizes.contextLength, sizes.longestContext], [4096, 4096 * 32]);
    assertEquals(layers[0].attention.rotation?.scaling, {
      ...LONGROPE_MEANS,
      originalContextLength: 4096,
      attentionFactor: Math.sqrt(1 + Math.log(32) / Math.log(4096)),
    });
  }
});

Deno.test("longrope: there are as many factors as pairs that are rotated", async () => {
  const { layers } = await readAs("Phi3ForCausalLM", {
    partial_rotary_factor: 0.75,
    rope_scaling: {
      ...LONGROPE,
      short_factor: LONGROPE.short_factor.slice(2),
      long_factor: LONGROPE.long_factor.slice(2),
    },
  });
  const rotation = layers[0].attention.rotation!;
  assertEquals(rotation.dimensions, 12);
  assertEquals(rotation.scaling?.type === "longrope" && rotation.scaling.longFactors.length, 6);
});

/** Rotary settings that are malformed, and parts of the message after the file. */
const MALFORMED: [settings: Record<string, unknown>, parts: string[]][] = [
  [{ type: "yarn" }, ['"rope_scaling.factor"', "found nothing", "a number from 1"]],
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
  [
    { ...LONGROPE, short_factor: undefined },
    ['"rope_scaling.short_factor"', "found nothing", "a list of 8, one for each pair"],
  ],
  [
    { ...LONGROPE, long_factor: [1, 2, 3] },
    ['"rope_scaling.long_factor"', "found [1, 2, 3]", "a list of 8, one for each pair"],
  ],
  [{ ...LONGROPE, long_factor: 2 }, ['"rope_scaling.long_factor"', "found 2", "a list of 8"]],
  ...[0, -1, "2", null, 1e9].map((
    wrong,
  ): [Record<string, unknown>, string[]] => [
    { ...LONGROPE, short_factor: [1, 1, wrong, 1, 1, 1, 1, 1] },
    ['"rope_scaling.short_factor", entry 2', `found ${JSON.stringify(wrong)}`, "a number from"],
  ]),
  [{ ...LONGROPE, factor: 0.5 }, ['"rope_scaling.factor"', "found 0.5", "a number from 1"]],
  [
    { ...LONGROPE, attention_factor: -1 },
    ['"rope_scaling.attention_factor"', "found -1", "a number from"],
  ],
  [
    { ...LONGROPE, original_max_position_embeddings: 1 },
    ['"rope_scaling.original_max_position_embeddings"', "found 1", "an integer from 2"],
  ],
  [
    { ...LONGROPE, beta_fast: 32 },
    ['"rope_scaling.beta_fast"', "found 32", 'nothing in rope_type "longrope"'],
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
