import type { Gpu } from "../gpu/gpu.ts";
import { PASS_TIMES_BYTES, PassClock, passSeconds } from "../gpu/pass_clock.ts";
import type { BufferRange } from "../gpu/readback.ts";
import { profileOf } from "../ops/profiles.ts";
import { Governor, type Steering } from "./governor.ts";

/** How many steps of a text verified a tree of so many nodes; 1 is a plain step. */
export interface TreeUse {
  nodes: number;
  steps: number;
}

/** Steps in flight, and what stood before them. */
interface Flight {
  gear: number;
  /** Whether the first step has no drafts to verify, since none were made before it. */
  beginsBare: boolean;
}

/** The sizes of trees that a decoder changes between while a text runs, see {@linkcode Governor}. */
export class Gears implements Disposable {
  /** Numbers of nodes, ascending from 1. */
  readonly sizes: readonly number[];
  readonly #steering: Steering;
  /** Null where the device cannot time passes; then the host's clock tells. */
  readonly #clock: PassClock | null;
  readonly #slots: number;
  readonly #flights: Flight[] = [];
  #submits = 0;
  #lastGear = 0;
  #lastTaken = 0;

  /**
   * @param sizes numbers of nodes, ascending from 1.
   * @param slots submits that may be in flight.
   * @param steer makes what chooses, given the costs that steps are taken to have.
   */
  constructor(
    gpu: Gpu,
    sizes: readonly number[],
    slots: number,
    steer: (costs: readonly number[]) => Steering = (costs) => new Governor(costs),
  ) {
    const { nodeCost } = profileOf(gpu).trees;
    this.sizes = sizes;
    this.#steering = steer(
      sizes.map((nodes) => nodes === 1 ? 1 : FIRST_DRAFT_COST + nodeCost * (nodes - 1)),
    );
    this.#clock = gpu.hasTimestamps ? new PassClock(gpu, slots) : null;
    this.#slots = slots;
  }

  /** Bytes that are read back with each submit. */
  get bytes(): number {
    return this.#clock ? PASS_TIMES_BYTES : 0;
  }

  /** What was done in this text. */
  get use(): TreeUse[] {
    return this.#steering.steps.map((steps, i) => ({ nodes: this.sizes[i], steps }));
  }

  /** A new text begins. */
  begin(): void {
    this.#steering.begin();
    this.#flights.length = 0;
    this.#lastGear = 0;
    this.#lastTaken = performance.now();
  }

  /** Nodes that the next submit of `steps` steps verifies in each. */
  next(steps: number): number {
    const gear = this.#steering.next(steps);
    this.#flights.push({ gear, beginsBare: this.#lastGear === 0 });
    this.#lastGear = gear;
    return this.sizes[gear];
  }

  /** Records that submit as one timed pass. Returns what is to be read back after its records. */
  record(
    encoder: GPUCommandEncoder,
    write: (pass: GPUComputePassEncoder) => void,
  ): BufferRange[] {
    if (!this.#clock) return recordPass(encoder, write);
    const slot = this.#submits++ % this.#slots;
    this.#clock.record(encoder, slot, write);
    const offset = this.#clock.offsetOf(slot);
    return [{ source: this.#clock.times, offset, length: PASS_TIMES_BYTES }];
  }

  /**
   * Hears what came of the oldest submit in flight: its steps' tokens, and what was read back after its
   * records.
   */
  took(steps: readonly (readonly number[])[], times: Uint32Array): void {
    const { gear, beginsBare } = this.#flights.shift()!;
    const seconds = this.#clock ? passSeconds(times) : this.#hostSeconds();
    this.#steering.observe({
      gear,
      steps: steps.length,
      seconds,
      tokens: steps.flat().length,
      bareSteps: beginsBare ? 1 : 0,
    });
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

/** Cost of a step with the first draft, in plain steps, until it is measured. */
const FIRST_DRAFT_COST = 1.1;

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
