/**
 * Measures hidden transfer on the demo model: `deno task bench:drafts`. The ids of every text are
 * compared with plain decoding's; a difference ends the benchmark.
 *
 *   drafts.ts [FOLDER]     with the maps in FOLDER (the demo model's own if left out)
 */
import { join } from "@std/path";
import { createDecoder } from "../decode/decoder.ts";
import type { DraftingMethod } from "../draft/drafter.ts";
import { HIDDEN_TRANSFER, hiddenTransfer } from "../draft/hidden_transfer/hidden_transfer.ts";
import { TRANSFER_MAPS } from "../draft/hidden_transfer/load_maps.ts";
import type { TransferMaps } from "../draft/hidden_transfer/transfer_maps.ts";
import { PLAIN } from "../draft/registry.ts";
import { DEMO_FOLDER } from "../engine/demo_folder.ts";
import { FolderAssets } from "../engine/drafting/draft_assets.ts";
import { ModelFolder } from "../engine/model_folder.ts";
import { acceptanceRates, totalCounts } from "../engine/text/statistics.ts";
import { requestGpu } from "../gpu/request_gpu.ts";
import type { Transformer } from "../model/transformer.ts";
import { percent } from "./report/numbers.ts";
import { table } from "./report/table.ts";
import { trialTable } from "./report/trial_table.ts";
import { runsOf, speedUps, tokensPerForward } from "./runs/figures.ts";
import {
  type EncodedPrompt,
  type NamedDecoder,
  requireLossless,
  runPaired,
} from "./runs/paired_runs.ts";
import {
  type BenchPrompt,
  encodeBenchPrompt,
  PROMPTS,
  STATISTICS_PROMPTS,
  TUNING_PROMPTS,
} from "./runs/prompts.ts";
import { median, quartiles } from "./timing/statistics.ts";
import { treeSizes } from "./tuning/choices.ts";
import { collectRanks, type RankStatistics, topAccuracy } from "./tuning/draft_ranks.ts";
import { draftingText } from "./tuning/drafting_text.ts";
import { fastest, type Trial, tryMethods } from "./tuning/tuner.ts";

const MAX_TOKENS = 128;
/** Nodes of the trees whose tokens per forward are counted. */
const COUNTED_SIZES = [2, 4, 8, 16, 32, 64];
const DOMAINS = [...new Set(PROMPTS.map(({ domain }) => domain))];

async function main(folder = DEMO_FOLDER): Promise<void> {
  using gpu = await requestGpu();
  const demo = await ModelFolder.open(DEMO_FOLDER);
  using model = await demo.loadOn(gpu);
  const files = { [TRANSFER_MAPS.method]: join(folder, TRANSFER_MAPS.file) };
  using assets = await FolderAssets.open(demo, { files });
  const maps = await assets.load(TRANSFER_MAPS, model);
  const text = await demo.text();
  const encode = (prompts: readonly BenchPrompt[]): EncodedPrompt[] =>
    prompts.map((prompt) => ({
      category: prompt.domain,
      ids: encodeBenchPrompt(text, prompt),
    }));
  const prompts = encode(PROMPTS);
  console.log(`${gpu.name}; ${navigator.hardwareConcurrency} processor threads`);
  console.log(`\n${prompts.length} prompts, ${MAX_TOKENS} tokens each, greedy\n`);
  console.log(await reportTrees(model, maps, prompts));
  console.log(`Drafts at each offset that are the token that came, on the model's own text\n`);
  console.log(await reportAccuracy(model, maps, prompts));
  const [tuning, statistics] = [TUNING_PROMPTS, STATISTICS_PROMPTS].map(encode);
  console.log(
    `Trees tried on this device, ${tuning.length} prompts; ` +
      `fixed shapes come from ${statistics.length} others\n`,
  );
  const trials = await tryMethods(model, [await HIDDEN_TRANSFER.load(model, assets)], {
    prompts: tuning.map(({ ids }) => ids),
    shapingPrompts: statistics.map(({ ids }) => ids),
    maxTokens: MAX_TOKENS,
    sizes: treeSizes(model),
  });
  console.log(trialTable(trials));
  console.log(await reportSpeed(model, fastest(trials), prompts));
}

/** Tokens per forward by tree and domain. */
async function reportTrees(
  model: Transformer,
  maps: TransferMaps,
  prompts: readonly EncodedPrompt[],
): Promise<string> {
  using decoders = new DisposableStack();
  const open = (name: string, method?: DraftingMethod): NamedDecoder => ({
    name,
    decoder: decoders.use(createDecoder(model, {}, method)),
  });
  const trees = COUNTED_SIZES.map((nodes) => open(`${nodes}`, hiddenTransfer(maps, { nodes })));
  const result = await runPaired([open(PLAIN.name), ...trees], prompts, {
    ...ONCE,
    gpu: model.gpu,
  });
  requireLossless(result, PLAIN.name);
  const rows = [["nodes", ...DOMAINS, "all", "kept at offset 1, 2, …"]];
  for (const { name } of trees) {
    const runs = runsOf(result.runs, name);
    const byDomain = [...DOMAINS.map((domain) => runs.filter(isOf(domain))), runs];
    rows.push([
      name,
      ...byDomain.map((some) => tokensPerForward(some).toFixed(2)),
      acceptanceRates(totalCounts(runs), maps.maps.length).map((part) => percent(part)).join(" "),
    ]);
  }
  return "Tokens per forward\n" + table(rows);
}

async function reportAccuracy(
  model: Transformer,
  maps: TransferMaps,
  prompts: readonly EncodedPrompt[],
): Promise<string> {
  const method = hiddenTransfer(maps, { nodes: 16 });
  const rows = [["", ...maps.maps.map((_, i) => `offset ${i + 1}`)]];
  const addRows = (name: string, statistics: RankStatistics) => {
    const [top1, top5] = [1, 5].map((k) => topAccuracy(statistics, k).map((part) => percent(part)));
    rows.push([`${name}, top 1`, ...top1], [`${name}, top 5`, ...top5]);
  };
  const all: RankStatistics = { ranks: [] };
  for (const domain of DOMAINS) {
    const some = prompts.filter(isOf(domain)).map(({ ids }) => ids);
    const statistics = await collectRanks(model, method, {
      prompts: some,
      maxTokens: MAX_TOKENS,
    });
    all.ranks.push(...statistics.ranks);
    addRows(domain, statistics);
  }
  addRows("all", all);
  return table(rows);
}

/** Speed with the tuned tree beside plain decoding, text by text. */
async function reportSpeed(
  model: Transformer,
  { settings, method }: Trial,
  prompts: readonly EncodedPrompt[],
): Promise<string> {
  if (settings.nodes === 1) return "Plain decoding is fastest here.";
  using plain = createDecoder(model);
  using decoder = createDecoder(model, {}, method);
  const name = draftingText(settings);
  const result = await runPaired(
    [{ name: PLAIN.name, decoder: plain }, { name, decoder }],
    prompts,
    { ...ONCE, gpu: model.gpu },
  );
  requireLossless(result, PLAIN.name);
  const [runs, plainRuns] = [name, PLAIN.name].map((one) => runsOf(result.runs, one));
  const rows = [["", "texts", "times plain", "middle half"]];
  const groups = Map.groupBy(runs, ({ category }) => category);
  for (const [domain, some] of [...groups, ["all", runs] as const]) {
    const ratios = speedUps(some, plainRuns);
    const { low, high } = quartiles(ratios);
    const middleHalf = `${low.toFixed(2)}–${high.toFixed(2)}`;
    rows.push([domain, `${ratios.length}`, median(ratios).toFixed(2), middleHalf]);
  }
  return `Speed with ${name}: median over texts, each right after plain decoding, and the range ` +
    `of the middle half\n${table(rows)}`;
}

/** Every prompt is decoded once by each. */
const ONCE = { maxTokens: MAX_TOKENS, rounds: 1 };

function isOf(domain: string): (one: { category: string }) => boolean {
  return ({ category }) => category === domain;
}

if (import.meta.main) await main(Deno.args[0]);
