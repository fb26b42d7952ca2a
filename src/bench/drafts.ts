/**
 * Measures hidden transfer on the demo model: `deno task bench:drafts`. The ids of every text are
 * compared with plain decoding's first; a difference ends the benchmark.
 *
 *   drafts.ts [FOLDER]     with the maps in FOLDER (the demo model's own if left out)
 */
import { join } from "@std/path";
import { createDecoder } from "../decode/decoder.ts";
import type { DecodeResult } from "../decode/types.ts";
import { hiddenTransfer, type TransferMaps } from "../draft/hidden_transfer.ts";
import { loadTransferMaps } from "../draft/load_maps.ts";
import { ChatTemplate } from "../format/chat_template.ts";
import { fingerprint } from "../format/fingerprint.ts";
import { Safetensors } from "../format/safetensors.ts";
import { Tokenizer } from "../format/tokenizer.ts";
import { openTransferMaps, TRANSFER_MAPS_FILE, transferMapNames } from "../format/transfer_maps.ts";
import { requestGpu } from "../gpu/gpu.ts";
import type { Transformer } from "../model/transformer.ts";
import { collectRanks, topAccuracy } from "./acceptance.ts";
import { decodeAll, encodeBenchPrompt, greedyRequest, requireSameIds } from "./decode_runs.ts";
import { silenceDriverWarning } from "../gpu/driver_warning.ts";
import { DEMO_FOLDER, openTransformer } from "./engine/demo_model.ts";
import { PROMPTS } from "./prompts.ts";
import { table } from "./table.ts";
import { median } from "./timing.ts";
import { describeTree, fastest, methodOf, type Trial, trialTable, tryTrees } from "./tune.ts";

const MAX_TOKENS = 128;
const TREE_SIZES = [2, 4, 8, 16, 32, 64];
const DOMAINS = [...new Set(PROMPTS.map(({ domain }) => domain))];

/** Every so manieth prompt is used where trees are tried out. */
const TUNING_STRIDE = 10;
const TUNED_SIZES = [2, 3, 4, 5, 6, 8, 12, 16];

/** A prompt with what plain decoding makes of it. */
interface Text {
  domain: string;
  promptIds: readonly number[];
  plain: DecodeResult;
}

async function main(folder = DEMO_FOLDER): Promise<void> {
  silenceDriverWarning();
  using gpu = await requestGpu();
  using model = await openTransformer(gpu, DEMO_FOLDER);
  using maps = await openMaps(model, join(folder, TRANSFER_MAPS_FILE));
  console.log(`${gpu.name}; ${navigator.hardwareConcurrency} processor threads`);
  const texts = await plainTexts(model);
  console.log(`\n${texts.length} prompts, ${MAX_TOKENS} tokens each, greedy\n`);
  console.log(await reportTrees(model, maps, texts));
  console.log(`Drafts at each offset that are the token that came, on the model's own text\n`);
  console.log(await reportAccuracy(model, maps, texts));
  console.log(`Trees tried on this device, ${Math.ceil(texts.length / TUNING_STRIDE)} prompts\n`);
  const trials = await tryTrees(model, maps, {
    prompts: texts.filter((_, i) => i % TUNING_STRIDE === 0).map(({ promptIds }) => promptIds),
    maxTokens: MAX_TOKENS,
    nodes: TUNED_SIZES,
  });
  console.log(trialTable(trials));
  console.log(await reportSpeed(model, maps, fastest(trials), texts));
}

async function openMaps(model: Transformer, path: string): Promise<TransferMaps & Disposable> {
  using base = await Safetensors.open(DEMO_FOLDER);
  using file = await openTransferMaps(path, model.config, await fingerprint(model.config, base));
  return await loadTransferMaps(model, { ...file, ...transferMapNames(file) });
}

async function plainTexts(model: Transformer): Promise<Text[]> {
  const tokenizer = await Tokenizer.open(DEMO_FOLDER);
  const template = await ChatTemplate.open(DEMO_FOLDER);
  using decoder = createDecoder(model);
  const texts: Text[] = [];
  for (const prompt of PROMPTS) {
    const promptIds = encodeBenchPrompt(tokenizer, template, prompt);
    const plain = await decodeAll(decoder, greedyRequest(promptIds, MAX_TOKENS));
    texts.push({ domain: prompt.domain, promptIds, plain });
  }
  return texts;
}

/** Tokens per forward by tree and domain. */
async function reportTrees(
  model: Transformer,
  maps: TransferMaps,
  texts: readonly Text[],
): Promise<string> {
  const rows = [["nodes", ...DOMAINS, "all", "kept at offset 1, 2, …"]];
  for (const nodes of TREE_SIZES) {
    using decoder = createDecoder(model, {}, hiddenTransfer(maps, { nodes }));
    const results: { domain: string; result: DecodeResult }[] = [];
    for (const { domain, promptIds, plain } of texts) {
      const result = await decodeAll(decoder, greedyRequest(promptIds, MAX_TOKENS));
      requireSameIds(`a tree of ${nodes} nodes`, result.ids, plain.ids);
      results.push({ domain, result });
    }
    const perForward = (some: typeof results) => {
      const tokens = some.reduce((sum, { result }) => sum + result.ids.length, 0);
      const forwards = some.reduce((sum, { result }) => sum + result.forwards, 0);
      return (tokens / forwards).toFixed(2);
    };
    const forwards = results.reduce((sum, { result }) => sum + result.forwards, 0);
    const kept = maps.maps.map((_, i) =>
      results.reduce((sum, { result }) => sum + (result.acceptedByOffset[i] ?? 0), 0) / forwards
    );
    rows.push([
      String(nodes),
      ...DOMAINS.map((domain) => perForward(results.filter((one) => one.domain === domain))),
      perForward(results),
      kept.map(percent).join(" "),
    ]);
  }
  return "Tokens per forward\n" + table(rows);
}

async function reportAccuracy(
  model: Transformer,
  maps: TransferMaps,
  texts: readonly Text[],
): Promise<string> {
  const method = hiddenTransfer(maps, { nodes: 16 });
  const rows = [["", ...maps.maps.map((_, i) => `offset ${i + 1}`)]];
  for (const domain of [...DOMAINS, "all"]) {
    const some = texts.filter((text) => domain === "all" || text.domain === domain);
    const prompts = some.map(({ promptIds }) => promptIds);
    const statistics = await collectRanks(model, method, prompts, MAX_TOKENS);
    const [top1, top5] = [1, 5].map((k) => topAccuracy(statistics, k).map(percent));
    rows.push([`${domain}, top 1`, ...top1], [`${domain}, top 5`, ...top5]);
  }
  return table(rows);
}

/** Time per token with the tuned tree against plain decoding, text by text. */
async function reportSpeed(
  model: Transformer,
  maps: TransferMaps,
  tuned: Trial,
  texts: readonly Text[],
): Promise<string> {
  if (tuned.nodes === 1) return "Plain decoding is fastest here.";
  using plain = createDecoder(model);
  using decoder = createDecoder(model, {}, methodOf(maps, tuned));
  const ratios: { domain: string; ratio: number }[] = [];
  for (const { domain, promptIds, plain: expected } of texts) {
    const without = await decodeAll(plain, greedyRequest(promptIds, MAX_TOKENS));
    const result = await decodeAll(decoder, greedyRequest(promptIds, MAX_TOKENS));
    requireSameIds(describeTree(tuned), result.ids, expected.ids);
    ratios.push({ domain, ratio: without.decodeSeconds / result.decodeSeconds });
  }
  const middle = (some: typeof ratios) => median(some.map(({ ratio }) => ratio)).toFixed(2);
  const rows = [["", "times plain"]];
  for (const domain of DOMAINS) {
    rows.push([domain, middle(ratios.filter((one) => one.domain === domain))]);
  }
  return `Time per token, ${describeTree(tuned)}, median over texts run after each other\n` +
    table([...rows, ["all", middle(ratios)]]);
}

function percent(part: number): string {
  return `${(100 * part).toFixed(0)}%`;
}

if (import.meta.main) await main(Deno.args[0]);
