/** Where rotary settings stand in config.json, in how many spellings, and which of them win. */
import { assertEquals } from "@std/assert";
import type { Rotation } from "../../../src/model/config.ts";
import { readAs } from "./configs.ts";

/** The rotation of all layers of a Llama with heads of 16 and a context of 256. */
async function readRotation(changes: object): Promise<Rotation | null> {
  const { layers } = await readAs("LlamaForCausalLM", changes);
  const [first, ...others] = layers.map(({ attention }) => attention.rotation);
  for (const other of others) assertEquals(other, first);
  return first;
}

Deno.test("rotary scaling in its old and its new spelling", async () => {
  const llama3 = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const expected = {
    type: "llama3",
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContextLength: 8192,
  } as const;
  const old = await readRotation({
    rope_theta: 5e5,
    rope_scaling: { ...llama3, rope_type: "llama3" },
  });
  assertEquals(old, { theta: 5e5, dimensions: 16, scaling: expected });
  const both = await readRotation({
    rope_parameters: { ...llama3, rope_type: "llama3", rope_theta: 5e5 },
    rope_theta: 1234,
  });
  assertEquals(both, old);
  const linear = await readRotation({ rope_scaling: { type: "linear", factor: 2 } });
  assertEquals(linear?.scaling, { type: "linear", factor: 2 });
  const none = await readRotation({ rope_scaling: { rope_type: "default" } });
  assertEquals(none?.scaling, null);
});

Deno.test("the original context length of llama3 stands beside, within, or is the context", async () => {
  const factors = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
  const original = async (changes: object) => {
    const scaling = (await readRotation(changes))?.scaling;
    return scaling?.type === "llama3" ? scaling.originalContextLength : null;
  };
  const original_max_position_embeddings = 64;
  assertEquals(await original({ rope_scaling: factors }), 256);
  const within = { rope_scaling: { ...factors, original_max_position_embeddings } };
  assertEquals(await original(within), 64);
  assertEquals(await original({ ...within, original_max_position_embeddings: 32 }), 32);
});

Deno.test("theta stands within the rotary settings, beside them, or is the architecture's", async () => {
  const rope_parameters = { rope_type: "default" };
  assertEquals((await readRotation({ rope_parameters, rope_theta: 2e5 }))?.theta, 2e5);
  assertEquals((await readRotation({ rope_parameters }))?.theta, 1e4);
});

Deno.test("rope_scaling wins over rope_parameters as soon as it says anything", async () => {
  const linear = { rope_type: "linear", factor: 4, rope_theta: 3e5 };
  const both = await readRotation({
    rope_scaling: { rope_type: "linear", factor: 2 },
    rope_parameters: linear,
    rope_theta: 7e4,
  });
  assertEquals(both, { theta: 7e4, dimensions: 16, scaling: { type: "linear", factor: 2 } });
  const rotation = { theta: 3e5, dimensions: 16, scaling: { type: "linear", factor: 4 } } as const;
  for (const rope_scaling of [null, {}]) {
    assertEquals(await readRotation({ rope_scaling, rope_parameters: linear }), rotation);
  }
});
