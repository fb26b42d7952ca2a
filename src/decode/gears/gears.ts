import type { Gpu } from "../../gpu/gpu.ts";
import { PASS_TIMES_BYTES, PassClock, passSeconds } from "../../gpu/pass_clock.ts";
import { ProcessorClock } from "../../gpu/processor_clock.ts";
import type { BufferRange } from "../../gpu/queues/readback.ts";
import type { StepKind } from "../../draft/drafter.ts";
import type { StepRecord } from "../../ops/loop_state.ts";
import { type Profile, profileOf } from "../../ops/profiles.ts";
import type { TreeBuffers } from "../../ops/tree/accept.ts";
import { rowsComputed } from "../../ops/tree/worth.ts";
import { Foresight } from "./foresight.ts";
import { type GearGuess, Governor, type Steering } from "./governor.ts";

/** How many steps of a text were of a kind. */
export interface StepUse extends StepKind {
  steps: number;
}

/** Steps that are submitted together, the last of which may be of another kind. */
export interface Flight {
  kind: StepKind;
  last: StepKind;
  steps: number;
}

/** The kinds of steps that a decoder changes between while a text runs, see {@linkcode Governor}. */
export class Gears implements Disposable {
  /** What it changes between, plain steps first. */
  readonly kinds: readonly StepKind[];
  readonly #steering: Steering;
  /** Whether trees have what is worth its rows. */
  readonly #areCut: boolean;
  /** Tells times where a submit on a software device can be told from the next one; null elsewhere. */
  readonly #processor: ProcessorClock | null;
  /** Tells times elsewhere; null where the device cannot time passes: then the host's clock tells. */
  readonly #clock: PassClock | null;
  readonly #slots: number;
  /** Where plain steps may draft for the next, which takes no pass, that is tried out without verifying. */
  readonly #foresight: Foresight | null;
  /** The last of several plain steps. */
  readonly #lastPlain: StepKind;
  /** Gears of the submits in flight. */
  readonly #flights: number[] = [];
  #submits = 0;
  /** The steps that ended the text: nothing is learnt of them. */
  #last: { gear: number; steps: number } | null = null;
  #lastTaken = 0;

  /**
   * @param kinds plain steps first.
   * @param slots submits that may be in flight.
   * @param tree that steps verify.
   * @param steer makes what chooses, given what is known of the kinds before any step.
   */
  constructor(
    gpu: Gpu,
    kinds: readonly StepKind[],
    slots: number,
    tree: TreeBuffers,
    steer: (guesses: readonly GearGuess[]) => Steering = (guesses) => new Governor(guesses),
  ) {
    const { trees, submitWaits } = profileOf(gpu);
    this.kinds = kinds;
    this.#steering = steer(kinds.map((kind) => guessOf(kind, trees)));
    this.#areCut = trees.rowWorth > 0;
    this.#processor = submitWaits ? new ProcessorClock() : null;
    this.#clock = gpu.hasTimestamps && !submitWaits ? new PassClock(gpu, slots) : null;
    this.#slots = slots;
    const found = kinds.find(({ drafts }) => drafts === "lookups");
    this.#foresight = found ? new Foresight(tree, found.nodes) : null;
    this.#lastPlain = found ? { nodes: 1, drafts: "lookups", drafted: found.nodes } : kinds[0];
  }

  /** All kinds of steps that there are. */
  get allKinds(): readonly StepKind[] {
    return [...this.kinds, this.#lastPlain];
  }

  /** Most bytes that are read back with a submit. */
  get mostBytes(): number {
    return this.#timesBytes + (this.#foresight?.bytes ?? 0);
  }

  /** Bytes that are read back with the oldest submit in flight. */
  get bytes(): number {
    return this.#timesBytes + (this.#flights[0] === 0 ? this.#foresight?.bytes ?? 0 : 0);
  }

  get #timesBytes(): number {
    return this.#clock ? PASS_TIMES_BYTES : 0;
  }

  /** What was done in this text. */
  get use(): StepUse[] {
    return this.#steering.steps.map((steps, i) => {
      const { nodes, drafts } = this.kinds[i];
      const last = this.#last?.gear === i ? this.#last.steps : 0;
      return { nodes, drafts, steps: steps + last };
    });
  }

  /** A new text begins. */
  begin(): void {
    this.#steering.begin();
    this.#processor?.begin();
    this.#foresight?.begin();
    this.#flights.length = 0;
    this.#last = null;
    this.#lastTaken = performance.now();
  }

  /** The next submit's steps: at most so many, at least one. */
  next(most: number): Flight {
    const { gear, steps } = this.#steering.next(most);
    this.#flights.push(gear);
    const kind = this.kinds[gear];
    return { kind, last: gear === 0 ? this.#lastPlain : kind, steps };
  }

  /** Records that submit as one timed pass. Returns what is to be read back after its records. */
  record(
    encoder: GPUCommandEncoder,
    write: (pass: GPUComputePassEncoder) => void,
  ): BufferRange[] {
    const left = this.#flights.at(-1) === 0 ? this.#foresight?.ranges ?? [] : [];
    if (!this.#clock) return [...recordPass(encoder, write), ...left];
    const slot = this.#submits++ % this.#slots;
    this.#clock.record(encoder, slot, write);
    const offset = this.#clock.offsetOf(slot);
    return [{ source: this.#clock.times, offset, length: PASS_TIMES_BYTES }, ...left];
  }

  /** Makes that submit, once it is recorded. */
  submit(make: () => void): void {
    if (this.#processor) this.#processor.submit(make);
    else make();
  }

  /** Hears what came of the oldest submit in flight: its records, and what was read back after them. */
  took(records: readonly StepRecord[], words: Uint32Array): void {
    const gear = this.#flights.shift()!;
    const tokens = records.flatMap(({ tokens, count }) => tokens.slice(0, count));
    const { nodes: room } = this.kinds[gear];
    const left = gear === 0 ? words.subarray(this.#timesBytes / 4) : null;
    const foreseen = this.#foresight?.hear(tokens, left);
    this.#steering.observe({
      gear,
      steps: records.length,
      seconds: this.#secondsOf(words),
      tokens: tokens.length,
      bareSteps: records.filter(({ nodes }) => nodes <= 1).length,
      ...(this.#areCut && { filled: filledBy(records, room) }),
      ...(foreseen && { foreseen }),
    });
  }

  /** Hears that the text ended in the oldest submit in flight, after so many of its steps. */
  ended(steps: number): void {
    this.#last = { gear: this.#flights[0], steps };
  }

  #secondsOf(times: Uint32Array): number | null {
    if (this.#processor) return this.#processor.took();
    return this.#clock ? passSeconds(times) : this.#hostSeconds();
  }

  /** Time since the submit before came back; null where that tells nothing of the device. */
  #hostSeconds(): number | null {
    const now = performance.now();
    const seconds = (now - this.#lastTaken) / 1000;
    this.#lastTaken = now;
    return seconds >= TELLING_SECONDS ? seconds : null;
  }

  [Symbol.dispose](): void {
    this.#clock?.[Symbol.dispose]();
  }
}

/** Further rows that steps with drafts had, beside those of trees with so many nodes. */
function filledBy(records: readonly StepRecord[], room: number): number {
  const trees = records.filter(({ nodes }) => nodes > 1);
  const rows = trees.reduce((sum, { nodes }) => sum + rowsComputed(nodes, room) - 1, 0);
  return trees.length === 0 ? 1 : rows / trees.length / (room - 1);
}

function guessOf(
  kind: StepKind,
  { nodeCost, draftCost, rowWorth }: Profile["trees"],
): GearGuess {
  const verifying = 1 + nodeCost * (kind.nodes - 1);
  const cost = kind.drafts === "all" ? verifying + draftCost : verifying;
  return { cost, drafts: oftenOf(kind), gain: kind.gain, isCut: rowWorth > 0 };
}

/** How often steps have drafts: those of lookups mostly, where something tells what they give. */
function oftenOf({ drafts, gain }: StepKind): GearGuess["drafts"] {
  if (drafts === "none") return "none";
  if (drafts === "all") return "always";
  return gain === undefined ? "sometimes" : "mostly";
}

/** The host hears of finished work every 10 ms or so, and of two submits at once: less tells nothing. */
const TELLING_SECONDS = 0.03;

/** Records one pass that nobody times: nothing is to be read back after its records. */
export function recordPass(
  encoder: GPUCommandEncoder,
  write: (pass: GPUComputePassEncoder) => void,
): BufferRange[] {
  const pass = encoder.beginComputePass();
  write(pass);
  pass.end();
  return [];
}
