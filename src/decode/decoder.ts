import { compile, type Dispatch, record } from "../gpu/kernel.ts";
import { ReadbackRing } from "../gpu/queues/readback.ts";
import { HostTurns } from "../gpu/queues/turn.ts";
import { autoregressive } from "../draft/autoregressive.ts";
import type { DraftingMethod, StepKind } from "../draft/drafter.ts";
import type { Transformer } from "../model/transformer.ts";
import { type Choosing, writeText } from "../ops/choose.ts";
import { FINISH, packState, RECORD } from "../ops/loop_state.ts";
import type { TopBuffers } from "../ops/tree/top.ts";
import { profileOf } from "../ops/profiles.ts";
import { textRow, writeRows } from "../ops/rows.ts";
import { NoNumberError, requireKnownIds } from "./faults.ts";
import { attentionAfterGrowth, CACHE_POSITIONS } from "./cache_room.ts";
import { Gears, recordPass } from "./gears/gears.ts";
import {
  choosingFor,
  type StepContext,
  type StepParts,
  stepParts,
  trimFor,
  verifyRootAlone,
} from "./step.ts";
import { createStepContext } from "./step_context.ts";
import { StepPace } from "./step_pace.ts";
import { countStep, emptyResult, outcomeOf } from "./step_results.ts";
import { TextCache } from "./text_cache.ts";
import type {
  CachedText,
  Decoder,
  DecodeRequest,
  DecodeResult,
  DecoderOptions,
  KernelRequest,
} from "./types.ts";

export type { DecoderOptions } from "./types.ts";

/** A decoder whose steps can be looked into, for measurements. */
export interface InspectableDecoder extends Decoder {
  /** The candidates of the latest step, one row per offset, if the drafts are made of such. */
  readonly candidates: TopBuffers | undefined;
  /**
   * The parts of a step that chooses in this way, one that verifies and drafts all that it can if left out;
   * they can be recorded apart from the loop.
   */
  stepParts(choosing: Choosing, kind?: StepKind): StepParts;
  /** What plain decoding runs in place of verifying and drafting, on this decoder's root and cache. */
  verifyRootAlone(): Dispatch[];
}

/** Opens a decoder on the model that drafts by the given method; plain decoding if left out. */
export function createDecoder(
  model: Transformer,
  options: DecoderOptions = {},
  method: DraftingMethod = autoregressive,
): InspectableDecoder {
  return new TreeDecoder(model, options, method);
}

/**
 * The loop, which lives on the GPU. Each step is one forward pass over a tree of drafts, of which the
 * root is the token chosen last; plain decoding is the case of a root alone.
 */
class TreeDecoder implements InspectableDecoder {
  readonly contextLength: number;
  readonly #owned: DisposableStack;
  readonly #context: StepContext;
  readonly #options: Required<Omit<DecoderOptions, "steer">>;
  readonly #ring: ReadbackRing;
  readonly #text: TextCache;
  readonly #pace: StepPace;
  /** Most tokens that a step gives. */
  readonly #tokensPerStep: number;
  readonly #wholeStep: StepKind;
  /** Null where every step verifies the whole tree. */
  readonly #gears: Gears | null;
  readonly #steps: Map<string, Dispatch[]> = new Map();

  constructor(model: Transformer, options: DecoderOptions, method: DraftingMethod) {
    const { gpu } = model;
    const { decoding } = profileOf(gpu);
    this.#options = { kv: "f16", cachePositions: CACHE_POSITIONS, ...decoding, ...options };
    const { kv, cachePositions, prefillChunk, stepsPerSubmit, ringDepth } = this.#options;
    const longPrefillChunk = options.prefillChunk ?? decoding.longPrefillChunk;
    const chunks = { prefillChunk, longPrefillChunk };
    this.contextLength = model.contextLength;
    using made = new DisposableStack();
    const { context, promptActivations } = made.use(createStepContext(model, method, {
      kv,
      positions: Math.min(cachePositions, this.contextLength),
      promptRows: Math.max(prefillChunk, longPrefillChunk),
      records: stepsPerSubmit * (ringDepth + 1),
    }));
    const { cache, tree, nodes } = context;
    const { kinds } = method;
    this.#context = context;
    this.#tokensPerStep = method.sizes(model).depth + 1;
    this.#wholeStep = { nodes, drafts: "all" };
    this.#gears = made.use(kinds ? new Gears(gpu, kinds, ringDepth, tree, options.steer) : null);
    const bytes = stepsPerSubmit * RECORD.byteLength() + (this.#gears?.mostBytes ?? 0);
    this.#ring = made.use(new ReadbackRing(gpu, ringDepth, bytes));
    this.#text = new TextCache(model, promptActivations, cache, chunks);
    this.#pace = new StepPace(stepsPerSubmit);
    this.#owned = made.move();
  }

  async *decode(request: DecodeRequest): AsyncGenerator<number[], DecodeResult> {
    const { promptIds, maxTokens, signal } = request;
    const room = this.contextLength - promptIds.length;
    const limit = Math.min(maxTokens, room);
    const fullReason = maxTokens <= room ? "length" : "context";
    const result = emptyResult(this.#context.drafter.method, fullReason);
    requireKnownIds(this.#context.model.config, promptIds);
    if (limit <= 0) return result;
    await this.#ring.drain();
    this.#makeRoom(promptIds.length);
    // Before the clock runs: kernels are compiled once, and say nothing of how fast a prompt is read.
    const promptLengths = [this.#text.missing(promptIds).length].filter((length) => length > 0);
    const { sampling } = request;
    const positions = promptIds.length + limit;
    const isCompiled = await this.compile({ promptLengths, sampling, positions, signal });
    const start = performance.now();
    const { reused, computed } = await this.#text.read(request);
    result.reusedPromptTokens = reused;
    result.computedPromptTokens = computed;
    if (reused + computed < promptIds.length || !isCompiled) {
      result.promptSeconds = (performance.now() - start) / 1000;
      return { ...result, finishReason: "aborted" };
    }
    this.#start(request, limit);
    // One wait before the loop, so that the two times can be told apart.
    await this.#context.model.gpu.idle();
    const promptEnd = performance.now();
    try {
      for await (const { steps, isEndOfText } of this.#run(request, limit)) {
        const ids = steps.flat();
        result.ids.push(...ids);
        for (const step of steps) countStep(result, step);
        if (isEndOfText) result.finishReason = "eos";
        if (ids.length === 0) continue;
        for (const step of steps) request.onStep?.(step);
        yield ids;
      }
    } finally {
      this.#text.holds([...promptIds, ...result.ids].slice(0, -1));
    }
    if (signal?.aborted && result.finishReason !== "eos") result.finishReason = "aborted";
    if (this.#gears) result.trees = this.#gears.use;
    const end = performance.now();
    result.promptSeconds = (promptEnd - start) / 1000;
    result.decodeSeconds = (end - promptEnd) / 1000;
    return result;
  }

  get cached(): CachedText {
    return this.#text.text;
  }

  async restore(text: CachedText): Promise<void> {
    await this.#ring.drain();
    this.#makeRoom(text.ids.length);
    await this.#text.restore(text);
  }

  async compile(request: KernelRequest): Promise<boolean> {
    const { promptLengths, sampling, positions = 0, ...options } = request;
    const { model, activations, cache } = this.#context;
    return await compile(model.gpu, [
      ...promptLengths.flatMap((length) => this.#text.dispatchesFor(length)),
      ...this.#stepsOfAllKinds(choosingFor(sampling)),
      ...attentionAfterGrowth(model, activations, cache, positions),
    ], options);
  }

  /** Queues the loop's first row, which is the prompt's last token. */
  #start({ promptIds, sampling, eosTokenIds }: DecodeRequest, limit: number): void {
    const { model: { gpu }, activations, choice, drafter } = this.#context;
    const last = promptIds.length - 1;
    writeText(gpu, choice, { sampling, ids: promptIds });
    gpu.write(choice.state, 0, packState(limit, eosTokenIds));
    writeRows(gpu, activations.batch, [textRow(promptIds[last], last)]);
    drafter.begin?.(promptIds);
  }

  /** Keeps the ring full of steps and hands out what comes back, until the text ends. */
  async *#run(
    { promptIds, sampling, signal }: DecodeRequest,
    limit: number,
  ): AsyncGenerator<{ steps: number[][]; isEndOfText?: boolean }> {
    const choosing = choosingFor(sampling);
    let [submitted, read, generated] = [0, 0, 0];
    const turns = new HostTurns();
    this.#pace.begin(performance.now());
    this.#gears?.begin();
    while (!signal?.aborted) {
      while (this.#ring.hasRoom && submitted < limit && this.#pace.allows(submitted - read)) {
        const stepsAhead = submitted - read + this.#pace.stepsPerSubmit;
        const most = Math.min(limit, generated + stepsAhead * this.#tokensPerStep);
        this.#makeRoom(promptIds.length + most);
        submitted += this.#submit(choosing, submitted);
      }
      // The device is at work meanwhile.
      if (await turns.whenDue() && signal?.aborted) return;
      const words = await this.#ring.take();
      const recordWords = words.length - (this.#gears?.bytes ?? 0) / 4;
      const records = RECORD.unpackAll(words.subarray(0, recordWords));
      read += records.length;
      this.#pace.read(records.length, performance.now());
      const { steps, finish } = outcomeOf(records);
      generated += steps.flat().length;
      if (finish === FINISH.noNumber) {
        yield { steps };
        throw new NoNumberError();
      }
      if (finish !== FINISH.running) {
        this.#gears?.ended(steps.length);
        yield { steps, isEndOfText: finish === FINISH.endOfText };
        return;
      }
      this.#gears?.took(records, words.subarray(recordWords));
      yield { steps };
    }
  }

  /** Before work is queued that may reach so many positions. */
  #makeRoom(positions: number): void {
    if (this.#text.makeRoom(positions)) this.#steps.clear();
  }

  /** Records and submits the next steps, and the copy of their records. Returns their number. */
  #submit(choosing: Choosing, firstStep: number): number {
    const { model: { gpu }, choice: { records, recordCount } } = this.#context;
    const firstRecord = firstStep % recordCount;
    // The records of one submit lie side by side.
    const most = Math.min(this.#pace.stepsPerSubmit, recordCount - firstRecord);
    const whole = this.#wholeStep;
    const { kind, last, steps: count } = this.#gears?.next(most) ??
      { kind: whole, last: whole, steps: most };
    const encoder = gpu.device.createCommandEncoder({ label: "decoding steps" });
    const write = (pass: GPUComputePassEncoder) => {
      record(pass, this.#before(kind));
      for (let i = 1; i < count; i++) record(pass, this.#step(choosing, kind));
      record(pass, this.#step(choosing, last));
    };
    const times = this.#gears ? this.#gears.record(encoder, write) : recordPass(encoder, write);
    const bytes = RECORD.byteLength();
    const steps = { source: records, offset: firstRecord * bytes, length: count * bytes };
    const submit = () => this.#ring.submit(encoder, steps, ...times);
    if (this.#gears) this.#gears.submit(submit);
    else submit();
    return count;
  }

  /** The dispatches of one step. */
  #step(choosing: Choosing, kind: StepKind): Dispatch[] {
    const key = [choosing, kind.drafts, kind.nodes, kind.drafted].join(" ");
    let step = this.#steps.get(key);
    if (!step) {
      const parts = stepParts(this.#context, choosing, kind);
      const { embedding, layers, head, accepting, drafting } = parts;
      step = [...embedding, ...layers, ...head, ...accepting, ...drafting];
      this.#steps.set(key, step);
    }
    return step;
  }

  /** The dispatches of steps of each kind. */
  #stepsOfAllKinds(choosing: Choosing): Dispatch[] {
    const kinds = this.#gears?.allKinds ?? [this.#wholeStep];
    return kinds.flatMap((kind) => [...this.#before(kind), ...this.#step(choosing, kind)]);
  }

  /** What stands before the first of several steps of a kind. */
  #before(kind: StepKind): Dispatch[] {
    return kind.nodes < this.#context.nodes ? [trimFor(this.#context, kind)] : [];
  }

  get candidates(): TopBuffers | undefined {
    return this.#context.drafter.candidates;
  }

  stepParts(choosing: Choosing, kind = this.#wholeStep): StepParts {
    return stepParts(this.#context, choosing, kind);
  }

  verifyRootAlone(): Dispatch[] {
    return verifyRootAlone(this.#context);
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}
