/** Which layers have windows, as the fields of their architectures say. */
import { assertEquals } from "@std/assert";
import { readAs } from "./configs.ts";

Deno.test("layers of GPT-Neo have windows as their types say, which repeat", async () => {
  const windows = async (fields: object) => {
    const { layers } = await readAs("GPTNeoForCausalLM", { window_size: 24, ...fields });
    return layers.map(({ attention }) => attention.window);
  };
  const attention_types = [[["global"], 1], [["local", "global"], 1], [["local"], 1]];
  const attention_layers = ["global", "local", "global", "local"];
  assertEquals(await windows({ attention_types }), [null, 24, null, 24]);
  assertEquals(await windows({ attention_types, attention_layers }), [null, 24, null, 24]);
  const { layers } = await readAs("GPTNeoForCausalLM", {
    num_hidden_layers: 24,
    attention_types: null,
  });
  assertEquals(
    layers.map(({ attention }) => attention.window),
    Array.from({ length: 24 }, (_, i) => i % 2 === 0 ? null : 256),
  );
});

Deno.test("Mistral sees all positions where its window is null", async () => {
  const { layers } = await readAs("MistralForCausalLM", { sliding_window: null });
  assertEquals(layers.map(({ attention }) => attention.window), [null, null, null, null]);
});

Deno.test("models whose layers all have the window may name their types", async () => {
  const layer_types = Array(4).fill("sliding_attention");
  const architectures = ["Mistral", "Ministral3", "Mixtral", "Starcoder2", "Phi3"];
  for (const architecture of architectures) {
    const { layers } = await readAs(`${architecture}ForCausalLM`, {
      sliding_window: 24,
      layer_types,
    });
    assertEquals(layers.map(({ attention }) => attention.window), [24, 24, 24, 24], architecture);
  }
});

Deno.test("some layers of Ministral may see all positions, or all of them", async () => {
  const windows = async (fields: object) => {
    const { layers } = await readAs("MinistralForCausalLM", fields);
    return layers.map(({ attention }) => attention.window);
  };
  const layer_types = ["full_attention", ...Array(3).fill("sliding_attention")];
  assertEquals(await windows({ sliding_window: 24, layer_types }), [null, 24, 24, 24]);
  assertEquals(await windows({ sliding_window: null }), [null, null, null, null]);
});

Deno.test("Qwen has windows where they are switched on, from a layer on or by the types of layers", async () => {
  for (const architecture of ["Qwen2ForCausalLM", "Qwen3ForCausalLM"]) {
    const windows = async (fields: object) => {
      const { layers } = await readAs(architecture, { sliding_window: 24, ...fields });
      return layers.map(({ attention }) => attention.window);
    };
    const on = { use_sliding_window: true };
    const none = [null, null, null, null];
    assertEquals(await windows({}), none);
    assertEquals(await windows({ max_window_layers: 1 }), none);
    assertEquals(await windows(on), none); // The default begins at layer 28.
    assertEquals(await windows({ ...on, max_window_layers: 1 }), [null, 24, 24, 24]);
    assertEquals(await windows({ ...on, max_window_layers: 0, sliding_window: null }), none);
    const layer_types = [
      "sliding_attention",
      "full_attention",
      "full_attention",
      "sliding_attention",
    ];
    assertEquals(await windows({ ...on, max_window_layers: 0, layer_types }), [24, null, null, 24]);
  }
});

Deno.test("every other layer of Qwen 2 with experts has a window up to a layer, where they are switched on", async () => {
  const windows = async (fields: object) => {
    const { layers } = await readAs("Qwen2MoeForCausalLM", { sliding_window: 24, ...fields });
    return layers.map(({ attention }) => attention.window);
  };
  const on = { use_sliding_window: true };
  const layer_types = [...Array(3).fill("full_attention"), "sliding_attention"];
  assertEquals(await windows({}), [null, null, null, null]);
  assertEquals(await windows(on), [24, null, 24, null]);
  assertEquals(await windows({ ...on, max_window_layers: 2 }), [24, null, null, null]);
  assertEquals(await windows({ ...on, layer_types }), [null, null, null, 24]);
});

Deno.test("layers of SmolLM3 that are not rotated have windows where these are switched on", async () => {
  const windows = async (fields: object) => {
    const no_rope_layers = [1, 0, 1, 0];
    const { layers } = await readAs("SmolLM3ForCausalLM", { no_rope_layers, ...fields });
    assertEquals(layers.map(({ attention }) => attention.rotation !== null), [
      true,
      false,
      true,
      false,
    ]);
    return layers.map(({ attention }) => attention.window);
  };
  const on = { use_sliding_window: true, sliding_window: 24 };
  const none = [null, null, null, null];
  assertEquals(await windows({ sliding_window: 24 }), none);
  assertEquals(await windows({ use_sliding_window: true }), none);
  assertEquals(await windows(on), [null, 24, null, 24]);
  const layer_types = ["sliding_attention", ...Array(3).fill("full_attention")];
  assertEquals(await windows({ ...on, layer_types }), [24, null, null, null]);
});

Deno.test("all layers of EXAONE 4 are rotated where none has a window", async () => {
  const attentions = async (fields: object) => {
    const { layers } = await readAs("Exaone4ForCausalLM", fields);
    return layers.map(({ attention: { window, rotation } }) => [window, rotation !== null]);
  };
  const alike = Array(4).fill([null, true]);
  assertEquals(await attentions({ sliding_window: null, sliding_window_pattern: null }), alike);
  const layer_types = Array(4).fill("full_attention");
  assertEquals(await attentions({ sliding_window: null, layer_types }), alike);
  assertEquals(
    await attentions({ sliding_window: 24, sliding_window_pattern: "LLLG", layer_types }),
    Array(4).fill([null, false]),
  );
  const [sliding, full] = [[24, true], [null, false]];
  assertEquals(
    await attentions({ sliding_window: 24, sliding_window_pattern: 2 }),
    [sliding, full, sliding, full],
  );
});
