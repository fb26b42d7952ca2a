/** Random decodings with hidden transfer beside the same ones without. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createDecoder, type DecoderOptions } from "../../../src/decode/decoder.ts";
import type { Decoder } from "../../../src/decode/types.ts";
import { hiddenTransfer } from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { PartialHead } from "../../../src/model/partial_head.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { createMaps, createParents } from "../../draft/random_maps.ts";
import { randomModel } from "../../model/random_model.ts";
import { collect } from "../collect.ts";
import { anyDecoding, type Drafting, MODELS, RANKS, type TreeSize } from "./random_decodings.ts";

/** Small, since the texts are short and each size of a chunk compiles kernels of its own. */
const OPTIONS: DecoderOptions = { prefillChunk: 4, stepsPerSubmit: 4, ringDepth: 2 };
/** Decodings that are to show every end and drafts that are accepted, and those that may be added for it. */
const FEWEST = 12;
const MOST_MORE = 100;

/** A cache that grows with the text; that of plain decoding has all its room from the start. */
const GROWING: DecoderOptions = { ...OPTIONS, cachePositions: 3 };

/**
 * Decodes with hidden transfer and without, `runs` times at random, and compares the ids.
 * @param modelCount How many of the random models take part.
 * @param sizes Trees that take part.
 */
export async function assertLossless(
  gpu: Gpu,
  runs: number,
  modelCount: number,
  sizes: readonly TreeSize[],
): Promise<void> {
  using models = await Models.open(gpu, modelCount);
  const finishes = new Set<string>();
  const accepted: number[] = [];
  const anyOfThem = anyDecoding(modelCount, sizes);
  const property = fc.asyncProperty(anyOfThem, async ({ model, drafting, asked }) => {
    using decoder = createDrafting(models.models[model], drafting);
    const [expected, found] = await Promise.all([
      collect(models.plain[model], asked),
      collect(decoder, asked),
    ]);
    assertEquals(found.ids, expected.ids);
    assertEquals(found.finishReason, expected.finishReason);
    finishes.add(found.finishReason);
    found.acceptedByOffset.forEach((count, i) => accepted[i] = (accepted[i] ?? 0) + count);
  });
  await fc.assert(property, { numRuns: runs }); // A failure prints the seed.
  if (runs < FEWEST) return; // They may miss what is rarer.
  // Nothing would be proved if no draft were ever accepted.
  const areAccepted = () => accepted.length > 1 && accepted[0] > 1 && accepted[1] > 1;
  // By bad luck something has not come yet.
  for (let more = 0; more < MOST_MORE && !(finishes.size === 3 && areAccepted()); more++) {
    await fc.assert(property, { numRuns: 1 });
  }
  assertEquals([...finishes].sort(), ["context", "eos", "length"]);
  assert(areAccepted(), `accepted by offset: ${accepted}`);
}

/** The random models with a plain decoder each. */
class Models implements Disposable {
  readonly models: Transformer[] = [];
  readonly plain: Decoder[] = [];

  /** The first `count` of them. */
  static async open(gpu: Gpu, count: number): Promise<Models> {
    const opened = new Models();
    for (const config of MODELS.slice(0, count)) {
      const { model } = await randomModel(gpu, config, ["F32", "F16", "BF16"]);
      opened.models.push(model);
      opened.plain.push(createDecoder(model, OPTIONS));
    }
    return opened;
  }

  [Symbol.dispose](): void {
    for (const resource of [...this.plain, ...this.models]) resource[Symbol.dispose]();
  }
}

/** A decoder with the drafting, which owns its maps. */
function createDrafting(model: Transformer, drafting: Drafting): Decoder {
  const { nodes, inPassNodes, paths, layers, maps: kind, withToken } = drafting;
  const { hiddenSize, vocabSize } = model.config;
  using resources = new DisposableStack();
  const { isComputed, hasDraftHead, hasParents } = drafting;
  const maps = resources.use(createMaps(
    model.gpu,
    hiddenSize,
    layers,
    kind,
    withToken ? vocabSize : null,
    isComputed ? layers[0] : null,
  ));
  const ids = Uint32Array.from({ length: Math.ceil(vocabSize / 2) }, (_, i) => 2 * i);
  const head = hasDraftHead ? resources.use(new PartialHead(model, ids)) : undefined;
  const tokens = head?.ids ?? vocabSize;
  const parents = hasParents ? resources.use(createParents(model.gpu, tokens, kind)) : undefined;
  const shape = paths ? { paths, ranks: RANKS } : {};
  const all = { ...maps, ...(head && { head }), ...(parents && { parents }) };
  const method = hiddenTransfer(all, { nodes, inPassNodes, ...shape });
  const decoder = resources.use(createDecoder(model, GROWING, method));
  const owned = resources.move();
  return {
    contextLength: decoder.contextLength,
    get cached() {
      return decoder.cached;
    },
    restore: (text) => decoder.restore(text),
    compile: (request) => decoder.compile(request),
    decode: (request) => decoder.decode(request),
    [Symbol.dispose]: () => owned.dispose(),
  };
}
