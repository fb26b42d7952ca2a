import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { CachedText, Decoder } from "../../../../src/decode/types.ts";
import { PromptCache } from "../../../../src/engine/text/prompts/prompt_cache.ts";
import type { CacheOrigin } from "../../../../src/format/prompt_cache.ts";

const ORIGIN: CacheOrigin = {
  identity: "here",
  description: "a model on a test, f32",
  layerCount: 3,
  kvHeadCount: 1,
  headDim: 8,
  dtype: "F32",
  vocabSize: 50,
};

/** A decoder whose layers hold, at each position, the id times ten and the layer. */
class ShelfDecoder {
  cached: CachedText = { ids: [], layers: () => ReadableStream.from([]) };
  restored: Uint8Array[] = [];

  constructor(readonly contextLength: number) {}

  fill(ids: number[]): void {
    const row = (id: number, layer: number) => new Array<number>(8).fill(10 * id + layer);
    const layerOf = (layer: number, of: readonly number[]) =>
      new Uint8Array(Float32Array.from([...of, ...of].flatMap((id) => row(id, layer))).buffer);
    const layers = (tokens = ids.length) =>
      ReadableStream.from([0, 1, 2].map((layer) => layerOf(layer, ids.slice(0, tokens))));
    this.cached = { ids, layers };
  }

  async restore(text: CachedText): Promise<void> {
    this.restored = await Array.fromAsync(text.layers());
    this.cached = text;
  }
}

function cacheOf(decoder: ShelfDecoder): PromptCache {
  return new PromptCache(() => decoder as unknown as Decoder, () => Promise.resolve(ORIGIN));
}

Deno.test("a text is kept and put back, as much of it as the context holds", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "text.cache");
  const [whole, short] = [new ShelfDecoder(8), new ShelfDecoder(2)];
  assertEquals(await cacheOf(whole).load(path), null);
  await Deno.writeTextFile(path, "");
  assertEquals(await cacheOf(whole).load(path), null);
  assertEquals(await cacheOf(whole).save(path), null);
  whole.fill([4, 1, 3]);
  const heard: number[] = [];
  const kept = await cacheOf(whole).save(path, { onProgress: (done) => heard.push(done) });
  assertEquals([kept?.tokens, kept?.bytes], [3, (await Deno.stat(path)).size]);
  assertEquals(heard, [1, 2, 3]);

  assertEquals(await cacheOf(short).load(path), 2);
  assertEquals(short.cached.ids, [4, 1]);
  const numbers = short.restored.map((layer) => [...new Float32Array(layer.slice().buffer)]);
  const row = (value: number) => new Array<number>(8).fill(value);
  assertEquals(numbers[2], [row(42), row(12), row(42), row(12)].flat());

  // What a conversation has taken back stays out of its file.
  assertEquals((await cacheOf(whole).save(path, { tokens: 1 }))?.tokens, 1);
  const other = new ShelfDecoder(8);
  assertEquals(await cacheOf(other).load(path), 1);
  assertEquals(other.cached.ids, [4]);
});

Deno.test("an aborted signal leaves the file as it was, and nothing beside it", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "text.cache");
  const decoder = new ShelfDecoder(8);
  decoder.fill([4, 1, 3]);
  await cacheOf(decoder).save(path);
  const before = await Deno.readFile(path);
  const controller = new AbortController();
  const options = { signal: controller.signal, onProgress: () => controller.abort() };
  decoder.fill([4, 1, 3, 7]);
  await assertRejects(() => cacheOf(decoder).save(path, options), DOMException);
  assertEquals(await Deno.readFile(path), before);
  assertEquals([...Deno.readDirSync(folder)].length, 1);
  await assertRejects(() => cacheOf(decoder).load(path, options), DOMException);
});
