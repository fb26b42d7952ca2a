import { createDecoder } from "../../../decode/decoder.ts";
import type { Decoder } from "../../../decode/types.ts";
import type { DraftAssets } from "../../../draft/assets.ts";
import type { DraftingMethod } from "../../../draft/drafter.ts";
import { autoMethod } from "../../../draft/auto.ts";
import { PROMPT_LOOKUP, promptLookup } from "../../../draft/lookup/prompt_lookup.ts";
import { ModelFolder } from "../../../engine/model_folder.ts";
import { keepBusy } from "../../../gpu/busy.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import type { Transformer } from "../../../model/transformer.ts";
import { table } from "../../report/table.ts";
import { decodeAll, greedyRequest } from "../../runs/greedy.ts";
import { median } from "../../timing/statistics.ts";
import { withScratch } from "../scratch.ts";
import { SEVEN_BILLION, SMALL, writeSparseModel } from "../sparse_model.ts";
import { fillWithNumbers } from "../weights.ts";

/** For a software driver, to see that it works. */
const TINY = { ...SMALL, num_hidden_layers: 2 };
const ROUNDS = 3;
const PROMPT = Array.from({ length: 64 }, (_, i) => 1 + (7919 * (i % 16)) % 31000);

/** A model without files beside it. */
const NO_ASSETS: DraftAssets = {
  missing: ({ kind: { file } }) => file,
  load: () => Promise.reject(new RangeError("nothing to load")),
  measured: () => Promise.resolve(null),
};

/** A way of decoding, with the seconds per token of its rounds. */
interface Way {
  name: string;
  decoder: Decoder;
  tokensPerForward: number;
  seconds: number[];
}

/**
 * What drafts cost and bring with a model of 7B's shape and random weights, where no map can be right but
 * what is looked up: plain decoding, chains, and as much as pays, in turns.
 * @throws Error if they do not generate the same ids: then no speed means anything.
 */
export async function reportDrafts(gpu: Gpu): Promise<string> {
  return await withScratch(async (folder) => {
    await writeSparseModel(folder, gpu.isSoftware ? TINY : SEVEN_BILLION);
    using model = await (await ModelFolder.open(folder)).loadOn(gpu);
    for (const matrix of new Set(model.matrices())) fillWithNumbers(gpu, matrix);
    return await compare(model, gpu.isSoftware ? 12 : 96);
  });
}

async function compare(model: Transformer, tokens: number): Promise<string> {
  const auto = await autoMethod([PROMPT_LOOKUP]).load(model, NO_ASSETS);
  const methods: [string, DraftingMethod | undefined][] = [
    ["plain decoding", undefined],
    ["a chain of 3 looked up", promptLookup({ drafts: 3 })],
    ["a chain of 7 looked up", promptLookup({ drafts: 7 })],
    ["as much as pays", auto.create({ nodes: 8 })],
  ];
  using decoders = new DisposableStack();
  const ways: Way[] = [];
  let plainIds: readonly number[] | null = null;
  for (const [name, method] of methods) {
    const decoder = decoders.use(createDecoder(model, {}, method));
    const { ids, forwards } = await decodeAll(decoder, greedyRequest(PROMPT, tokens));
    plainIds ??= ids;
    if (ids.join() !== plainIds.join()) throw new Error(`${name} gives other ids`);
    ways.push({ name, decoder, tokensPerForward: tokens / forwards, seconds: [] });
  }
  const run = async ({ decoder, seconds }: Way) => {
    const { decodeSeconds } = await decodeAll(decoder, greedyRequest(PROMPT, tokens));
    seconds.push(decodeSeconds / tokens);
  };
  await keepBusy(model.gpu, () => decodeAll(ways[0].decoder, greedyRequest(PROMPT, 8)));
  for (let round = 0; round < ROUNDS; round++) for (const way of ways) await run(way);
  const [plain] = ways;
  const faster = ({ seconds }: Way) =>
    median(seconds.map((one, round) => plain.seconds[round] / one));
  return table([
    ["", "tokens per pass", "tokens/s", "× plain"],
    ...ways.map((way) => [
      way.name,
      way.tokensPerForward.toFixed(2),
      (1 / median(way.seconds)).toFixed(1),
      faster(way).toFixed(2),
    ]),
  ]) + `  Greedy, ${tokens} tokens, the same ids from all.\n`;
}
