import { assertEquals } from "@std/assert";
import { cacheOrigin } from "../../src/engine/cache_origin.ts";
import { ModelFolder } from "../../src/engine/model_folder.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import type { Transformer } from "../../src/model/transformer.ts";

/** A device of which only its kind counts. */
function on(name: string, subgroupSize = 8): Transformer["gpu"] {
  return { name, deviceClass: "software", subgroupSize } as unknown as Transformer["gpu"];
}

Deno.test("keys and values belong to weights, plan, number format, device and kernels", async () => {
  const folder = await ModelFolder.open("weights/demo");
  const identityWith = async (
    change: Partial<ModelConfig>,
    gpu = on("one"),
    kv: "f16" | "f32" = "f16",
  ) => {
    const { config } = folder;
    const model = { gpu, config: { ...config, ...change } } as Transformer;
    return (await cacheOrigin(folder, model, kv)).identity;
  };
  const identity = await identityWith({});
  assertEquals(await identityWith({}), identity);
  assertEquals(await identityWith({ eosTokenIds: [1, 2, 3] }), identity);
  assertEquals(await identityWith({ contextLength: 64 }), identity);
  assertEquals(await identityWith({ longestContext: 1e5 }), identity);

  const [first, ...rest] = folder.config.layers;
  const rotation = { ...first.attention.rotation!, theta: 77 };
  const turned = { ...first, attention: { ...first.attention, rotation } };
  const others = [
    await identityWith({ layers: [turned, ...rest] }),
    await identityWith({ layers: [first, ...rest.slice(1), turned] }),
    await identityWith({ normEpsilon: 1e-3 }),
    await identityWith({}, on("two")),
    await identityWith({}, on("one", 4)),
    await identityWith({}, on("one"), "f32"),
    await identityWith(folder.quantised({ bits: 4, headBits: 4, group: 32 }).config),
    await identityWith(folder.quantised({ bits: 4, headBits: 8, group: 32 }).config),
    await identityWith(folder.quantised({ bits: 4, headBits: 4, group: 64 }).config),
  ];
  assertEquals(new Set([identity, ...others]).size, 1 + others.length);
});
