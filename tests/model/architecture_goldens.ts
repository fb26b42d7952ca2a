/** Tiny checkpoints with what the transformers library computes from them; see tests/golden/README.md. */
import { fromFileUrl, join } from "@std/path";
import { createDecoder } from "../../src/decode/decoder.ts";
import type { Decoder } from "../../src/decode/types.ts";
import type { DraftingMethod } from "../../src/draft/drafter.ts";
import { medusa } from "../../src/draft/medusa/medusa.ts";
import { combined } from "../../src/draft/hidden_transfer/combined.ts";
import { hiddenTransfer } from "../../src/draft/hidden_transfer/hidden_transfer.ts";
import { earlyExit } from "../../src/draft/layer_skipping/early_exit.ts";
import { selfSpeculative } from "../../src/draft/layer_skipping/self_speculative.ts";
import { promptLookup } from "../../src/draft/prompt_lookup.ts";
import type { RankPath } from "../../src/format/settings/draft_settings.ts";
import { Safetensors } from "../../src/format/safetensors/safetensors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { loadTransformer } from "../../src/model/load.ts";
import { readConfig } from "../../src/model/read_config.ts";
import { NO_SKIPS, type Transformer } from "../../src/model/transformer.ts";
import { createHeads, headNumbers } from "../draft/random_heads.ts";
import { createMaps } from "../draft/random_maps.ts";

/** Folder with one folder for each kind. */
export const GOLDENS: string = fromFileUrl(new URL("../golden/architectures", import.meta.url));

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

/** The kind's model on the GPU. */
export async function loadGolden(
  gpu: Gpu,
  folder: string,
  contextLength = 160,
): Promise<Transformer> {
  using tensors = await Safetensors.open(folder);
  return await loadTransformer(gpu, await readConfig(folder), tensors, { contextLength });
}

/** A decoder that keeps keys and values as exactly as the library does. */
export function exactDecoder(model: Transformer, method?: DraftingMethod): Decoder {
  return createDecoder(model, { kv: "f32", prefillChunk: 16 }, method);
}

/** Twenty candidates for the next token, and some below the best two. */
const BUSHY: readonly RankPath[] = [
  ...Array.from({ length: 20 }, (_, rank) => [rank]),
  ...[0, 1].flatMap((rank) => [[rank, 0], [rank, 1], [rank, 0, 0]]),
];

/** A method to try, and whether a small model with random weights accepts many of its drafts. */
interface TriedMethod {
  method: DraftingMethod;
  isOftenRight: boolean;
}

/** Drafting methods that need no training or do with random maps, chains and trees, by name. */
export function draftingMethods(
  model: Transformer,
  resources: DisposableStack,
): Map<string, TriedMethod> {
  const { gpu, config: { hiddenSize, layerCount, vocabSize } } = model;
  const last = layerCount - 1;
  const spread = resources.use(createMaps(gpu, hiddenSize, [0, 1, last], "random"));
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
    ["hidden transfer in the pass", seldom(hiddenTransfer(spread, { nodes: 8, inPassNodes: 8 }))],
    [
      "hidden transfer after it",
      often(hiddenTransfer(kept, { nodes: 1 + BUSHY.length, paths: BUSHY })),
    ],
    ["hidden transfer from the token", seldom(hiddenTransfer(chosen, { nodes: 27 }))],
    ["Medusa's heads", seldom(medusa(heads, { nodes: 8 }))],
    ["hidden transfer and lookup", seldom(combined(kept, { nodes: 8, inPassNodes: 3 }))],
  ]);
}
