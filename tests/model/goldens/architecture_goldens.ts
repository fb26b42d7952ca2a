/** Tiny checkpoints with what the transformers library computes from them; see tests/golden/README.md. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { createDecoder } from "../../../src/decode/decoder.ts";
import type { Decoder } from "../../../src/decode/types.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import type { DraftingMethod } from "../../../src/draft/drafter.ts";
import { medusa } from "../../../src/draft/medusa/medusa.ts";
import { combined } from "../../../src/draft/hidden_transfer/combined.ts";
import { hiddenTransfer } from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import { earlyExit } from "../../../src/draft/layer_skipping/early_exit.ts";
import { selfSpeculative } from "../../../src/draft/layer_skipping/self_speculative.ts";
import { promptLookup } from "../../../src/draft/lookup/prompt_lookup.ts";
import type { RankPath } from "../../../src/format/settings/draft_settings.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { loadTransformer } from "../../../src/model/loading/load.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { profileOf } from "../../../src/ops/profiles.ts";
import { textRow } from "../../../src/ops/rows.ts";
import { NO_SKIPS } from "../../../src/model/layer_skips.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { collect } from "../../decode/collect.ts";
import { createHeads, headNumbers } from "../../draft/random_heads.ts";
import { createMaps } from "../../draft/random_maps.ts";
import { Forward } from "../forward.ts";

/** Folder with one folder for each kind. */
export const GOLDENS: string = fromFileUrl(new URL("../../golden/architectures", import.meta.url));

/** The kinds, each the name of its folder. */
export const KINDS: readonly string[] = [...Deno.readDirSync(GOLDENS)].map(({ name }) => name)
  .sort();

/** What the library says to one prompt. */
export interface GoldenCase {
  prompt_ids: number[];
  /** Ids chosen greedily, an end of text included. */
  greedy_ids: number[];
  /** The first logits after the prompt. */
  logits_after_prompt: number[];
  /** The largest magnitude among all of them. */
  largest_logit: number;
}

/** The cases of a kind. */
export async function goldenCases(folder: string): Promise<GoldenCase[]> {
  return JSON.parse(await Deno.readTextFile(join(folder, "golden.json"))).cases;
}

/** Positions that any of the cases needs at most. */
const CONTEXT = 160;

/** The kind's model on the GPU. */
export async function loadGolden(
  gpu: Gpu,
  folder: string,
  contextLength = CONTEXT,
): Promise<Transformer> {
  using tensors = await Safetensors.open(folder);
  return await loadTransformer(gpu, await readConfig(folder), tensors, { contextLength });
}

/**
 * A decoder that keeps keys and values as exactly as the library does. It reads prompts in the smallest chunks that
 * the kernel for text serves: a chunk of another size, or another tree, compiles products of its own for each kind.
 */
export function exactDecoder(model: Transformer, method?: DraftingMethod): Decoder {
  const { textAttention } = profileOf(model.gpu).layouts;
  const prefillChunk = Math.max(...textAttention.map(({ leastRows }) => leastRows));
  return createDecoder(model, { kv: "f32", prefillChunk }, method);
}

/** Rows of a batch, the most first. */
const BATCHES = [8, 4, 1];

/** Logits after the text, which is read in few sizes of batches. */
async function logitsAfter(forward: Forward, ids: readonly number[]): Promise<Float32Array> {
  let logits: Float32Array = new Float32Array();
  for (let first = 0; first < ids.length;) {
    const size = BATCHES.find((size) => size <= ids.length - first)!;
    const rows = ids.slice(first, first + size).map((id, i) => textRow(id, first + i));
    logits = await forward.run(rows);
    first += size;
  }
  return logits.slice(-forward.model.config.vocabSize);
}

/** Of the golden logits, which have six decimals. */
const ROUNDING = 0.5e-6;

/**
 * The folder's model has the library's logits after each case's prompt, and goes on as it does. Texts that
 * fit the model's own context are tried in it, others in a longer one.
 */
export async function assertGolden(
  gpu: Gpu,
  folder: string,
  cases: readonly GoldenCase[],
): Promise<void> {
  const { contextLength } = await readConfig(folder);
  const lengthOf = ({ prompt_ids, greedy_ids }: GoldenCase) =>
    prompt_ids.length + greedy_ids.length;
  const isShort = (golden: GoldenCase) => lengthOf(golden) <= contextLength;
  const [short, long] = [cases.filter(isShort), cases.filter((golden) => !isShort(golden))];
  await assertGoldenIn(gpu, folder, short, Math.min(CONTEXT, contextLength));
  await assertGoldenIn(gpu, folder, long, CONTEXT);
}

async function assertGoldenIn(
  gpu: Gpu,
  folder: string,
  cases: readonly GoldenCase[],
  contextLength: number,
): Promise<void> {
  if (cases.length === 0) return;
  using model = await loadGolden(gpu, folder, contextLength);
  using forward = new Forward(model, model.contextLength);
  using decoder = exactDecoder(model);
  const { eosTokenIds } = model.config;
  for (const golden of cases) {
    const logits = await logitsAfter(forward, golden.prompt_ids);
    const allowed = tolerance(model.config) * golden.largest_logit + ROUNDING;
    for (const [id, expected] of golden.logits_after_prompt.entries()) {
      const error = Math.abs(logits[id] - expected);
      assert(error <= allowed, `logit ${id} is off by ${error}, allowed ${allowed}`);
    }
    const { ids } = await collect(decoder, {
      promptIds: golden.prompt_ids,
      maxTokens: golden.greedy_ids.length,
      sampling: GREEDY,
      eosTokenIds,
    });
    assertEquals(ids, golden.greedy_ids);
  }
}

/**
 * How far a logit may be off, in units of the largest. About ten roundings per layer (five products,
 * two norms, softmax, gate, residual sums) and two at the end each err by √K ε/2 for a sum of K terms
 * of either sign. They are independent of each other, so their squares add up. Eight such deviations.
 */
function tolerance(
  { hiddenSize, intermediateSize, headCount, headDim, layerCount }: ModelConfig,
): number {
  const longest = Math.max(hiddenSize, intermediateSize, headCount * headDim);
  return 8 * Math.sqrt((10 * layerCount + 2) * longest) * 2 ** -24;
}

/** Trees of a method that drafts in the pass: nodes, and those of them that have pseudo rows. */
interface InPassTree {
  nodes: number;
  inPassNodes: number;
}

/** How large the trees are that methods draft. */
export interface TreeSizes {
  /** Nodes of trees that the most probable drafts make. */
  nodes: number;
  /** Paths of a tree that is given. */
  paths: readonly RankPath[];
  /** Layers that the pseudo rows of a pass enter; -1 is the last one. */
  enters: readonly number[];
  inPass: InPassTree;
  withLookup: InPassTree;
}

/** Twenty candidates for the next token, and some below the best two: more rows than a tile has. */
export const WIDE_TREES: TreeSizes = {
  nodes: 27,
  paths: [
    ...Array.from({ length: 20 }, (_, rank) => [rank]),
    ...[0, 1].flatMap((rank) => [[rank, 0], [rank, 1], [rank, 0, 0]]),
  ],
  enters: [0, 1, -1],
  inPass: { nodes: 8, inPassNodes: 8 },
  withLookup: { nodes: 8, inPassNodes: 3 },
};

/** Passes of four and of eight rows, pseudo rows included, which compile the fewest kernels. */
export const SMALL_TREES: TreeSizes = {
  nodes: 8,
  paths: [[0], [1], [2], [3], [0, 0], [0, 1], [1, 0]],
  enters: [0, -1, -1],
  inPass: { nodes: 2, inPassNodes: 2 },
  withLookup: { nodes: 4, inPassNodes: 1 },
};

/** A method to try, and whether a small model with random weights accepts many of its drafts. */
interface TriedMethod {
  method: DraftingMethod;
  isOftenRight: boolean;
}

/** Drafting methods that need no training or do with random maps, chains and trees, by name. */
export function draftingMethods(
  model: Transformer,
  { nodes, paths, enters, inPass, withLookup }: TreeSizes,
  resources: DisposableStack,
): Map<string, TriedMethod> {
  const { gpu, config: { hiddenSize, layerCount, vocabSize } } = model;
  const last = layerCount - 1;
  const layers = enters.map((layer) => layer < 0 ? layerCount + layer : layer);
  const spread = resources.use(createMaps(gpu, hiddenSize, layers, "random"));
  const kept = resources.use(createMaps(gpu, hiddenSize, [last, last, last], "identity"));
  const chosen = resources.use(createMaps(gpu, hiddenSize, [1, 1, 1], "random", vocabSize));
  const heads = resources.use(createHeads(model, headNumbers("random", model.config, 3)));
  const skips = { attention: new Set([1]), mlp: new Set([0]) };
  const limits = { drafts: 3, confidence: 0 };
  const often = (method: DraftingMethod) => ({ method, isOftenRight: true });
  const seldom = (method: DraftingMethod) => ({ method, isOftenRight: false });
  return new Map([
    ["prompt lookup", seldom(promptLookup({ drafts: 7 }))],
    ["all layers draft", often(selfSpeculative({ skips: NO_SKIPS, drafts: 7, confidence: 0 }))],
    ["some layers draft", seldom(selfSpeculative({ skips, ...limits }))],
    ["early exit", seldom(earlyExit(limits))],
    ["hidden transfer in the pass", seldom(hiddenTransfer(spread, inPass))],
    ["hidden transfer after it", often(hiddenTransfer(kept, { nodes: 1 + paths.length, paths }))],
    ["hidden transfer from the token", seldom(hiddenTransfer(chosen, { nodes }))],
    ["Medusa's heads", seldom(medusa(heads, { nodes: 8 }))],
    ["hidden transfer and lookup", seldom(combined(kept, withLookup))],
  ]);
}
