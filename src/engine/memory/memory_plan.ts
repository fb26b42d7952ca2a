/** What a model takes on a device, told before anything is made there. */

import { positionsBeforeGrowth } from "../../decode/cache_room.ts";
import { createDecoder } from "../../decode/decoder.ts";
import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { bytesText } from "../../gpu/bytes_text.ts";
import { countingGpu } from "../../gpu/counting_gpu.ts";
import { OutOfMemoryError } from "../../gpu/errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { createCache } from "../../model/cache.ts";
import type { ModelConfig } from "../../model/config.ts";
import { longestContext } from "../../model/context.ts";
import { loadTransformer } from "../../model/loading/load.ts";
import type { Transformer } from "../../model/transformer.ts";
import { tilesOf } from "../../ops/products/block_tiles.ts";
import { useTiles } from "../../ops/profiles.ts";
import { availableMemory } from "./available_memory.ts";

/** What is to be on the device. */
export interface MemoryRequest {
  /** Name of the model, for people. */
  name: string;
  config: ModelConfig;
  /** Of these only the headers are read, unless two tensors must be compared to know the model. */
  tensors: Safetensors;
  /** Positions of a text; at most as many as the model has count. */
  contextLength: number;
  /**
   * Makes what works beside the weights, with the cache that a whole context needs. What it makes is
   * counted and never freed. A plain decoder with its first cache if left out.
   */
  openDecoder?: ((model: Transformer, kv: "f16" | "f32") => Promise<void>) | undefined;
  /** Number format of keys and values; f16 if left out. */
  kv?: "f16" | "f32" | undefined;
  /** What to do where it does not fit; if left out, it is the greatest context that fits. */
  advice?: string | undefined;
}

/** Bytes on the device. */
export interface MemoryPlan {
  contextLength: number;
  weights: number;
  /** Keys, values and rotations of the positions of a text. */
  context: number;
  /**
   * Activations, logits, what drafts are made with, and the smaller cache that is copied when the whole
   * context is needed.
   */
  work: number;
  total: number;
}

/**
 * Counts what a model takes on a device like `gpu`, by having it made on one that only counts.
 *
 * @throws OutOfMemoryError if the device allows no buffer of a size that is needed.
 * @throws DataError as loading does.
 */
export async function planMemory(
  gpu: Gpu,
  { config, tensors, contextLength, openDecoder = openPlainDecoder, kv = "f16" }: MemoryRequest,
): Promise<MemoryPlan> {
  using counting = countingGpu(gpu);
  useTiles(counting, tilesOf(gpu));
  const model = await loadTransformer(counting, config, tensors, { contextLength });
  const weights = counting.liveBytes - counting.liveBytesOf("rotation table");
  await openDecoder(model, kv);
  const cache = counting.liveBytesOf("cache");
  const copied = positionsBeforeGrowth(model.contextLength);
  if (copied > 0) createCache(model, copied, kv, { isOfOneText: true });
  const total = counting.liveBytes;
  const context = cache + counting.liveBytesOf("rotation table");
  return {
    contextLength: model.contextLength,
    weights,
    context,
    work: total - weights - context,
    total,
  };
}

/** `269.1 MB of weights, 65.0 MB for 8,192 tokens of context and 41.0 MB to work with` */
export function memoryText({ weights, context, work, contextLength }: MemoryPlan): string {
  return `${bytesText(weights)} of weights, ${bytesText(context)} for ` +
    `${contextLength.toLocaleString("en")} tokens of context and ${bytesText(work)} to work with`;
}

/**
 * Counts as {@linkcode planMemory} does, and refuses what does not fit.
 *
 * @param available bytes that the device has; null where nobody tells.
 * @throws OutOfMemoryError in one line that says what is needed, what there is, and what would fit.
 */
export async function requireMemory(
  gpu: Gpu,
  request: MemoryRequest,
  available?: number | null,
): Promise<MemoryPlan> {
  const room = available === undefined ? await availableMemory(gpu) : available;
  const outcome = await tryPlan(gpu, request, room);
  if (typeof outcome !== "string") return outcome;
  const { outcome: reason, advice } = request.advice === undefined
    ? await whatFits(gpu, request, room, outcome)
    : { outcome, advice: request.advice };
  throw new OutOfMemoryError(`${request.name} does not fit ${gpu.name}: ${reason}; ${advice}`);
}

/** What would fit, and why that does not which was asked for. */
async function whatFits(
  gpu: Gpu,
  request: MemoryRequest,
  room: number | null,
  outcome: string,
): Promise<{ outcome: string; advice: string }> {
  const context = await greatestContext(gpu, request, room);
  if (context === 0) {
    const least = await tryPlan(gpu, { ...request, contextLength: CONTEXT_STEP }, room);
    const advice = "a smaller model is needed, or one whose weights have fewer bits";
    return { outcome: String(least), advice };
  }
  const half = { ...request, kv: "f16" } as const;
  const halfFits = request.kv === "f32" && typeof await tryPlan(gpu, half, room) !== "string";
  const shorter = `a context of ${context.toLocaleString("en")} tokens fits: ` +
    `--context-length ${context}`;
  return {
    outcome,
    advice: halfFits ? `keys and values in halves fit: --kv f16; or ${shorter}` : shorter,
  };
}

/** The plan, or why it does not fit. */
async function tryPlan(
  gpu: Gpu,
  request: MemoryRequest,
  room: number | null,
): Promise<MemoryPlan | string> {
  try {
    const plan = await planMemory(gpu, request);
    if (room === null || plan.total <= room) return plan;
    return `it takes ${memoryText(plan)}, ${bytesText(plan.total)} in all, where ${
      bytesText(room)
    } ` +
      "of memory are free";
  } catch (error) {
    if (error instanceof OutOfMemoryError) return `with ${contextText(request)}, ${error.message}`;
    throw error;
  }
}

function contextText({ contextLength, config }: MemoryRequest): string {
  const longest = longestContext(config);
  return `${Math.min(contextLength, longest).toLocaleString("en")} tokens of context`;
}

/** Contexts are tried in steps of so many positions. */
const CONTEXT_STEP = 256;

/** The greatest context that fits, in whole steps; 0 if not one does. */
async function greatestContext(
  gpu: Gpu,
  request: MemoryRequest,
  room: number | null,
): Promise<number> {
  const longest = Math.min(request.contextLength, longestContext(request.config));
  let [fitting, tooMany] = [0, Math.ceil(longest / CONTEXT_STEP)];
  while (tooMany - fitting > 1) {
    const steps = fitting === 0 && tooMany > 2 ? 1 : Math.floor((fitting + tooMany) / 2);
    const contextLength = steps * CONTEXT_STEP;
    const fits = typeof await tryPlan(gpu, { ...request, contextLength }, room) !== "string";
    if (fits) fitting = steps;
    else if (steps === 1) return 0;
    else tooMany = steps;
  }
  return fitting * CONTEXT_STEP;
}

/** Plain decoding with the cache of a whole context. */
export function openWholeContext(model: Transformer, kv: "f16" | "f32"): Promise<void> {
  createDecoder(model, { kv, cachePositions: model.contextLength });
  return Promise.resolve();
}

/** Plain decoding with the cache that it begins with. */
function openPlainDecoder(model: Transformer, kv: "f16" | "f32"): Promise<void> {
  createDecoder(model, { kv });
  return Promise.resolve();
}
