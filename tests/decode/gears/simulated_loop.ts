/** The decoding loop in simulated time: what a steering chooses among steps of which all is known. */

import type { Shift, Steering } from "../../../src/decode/gears/governor.ts";
import { randomBits } from "../../../src/train/texts/random.ts";

/** What a step gives, and what it costs in plain steps. */
export interface SimulatedStep {
  tokens: number;
  /** Whether it had no drafts to verify. */
  isBare: boolean;
  cost: number;
}

/** A text to decode. */
export interface SimulatedText {
  /** Tokens. */
  length: number;
  /** Most steps that are submitted together; the first submits are shorter, as long as times are unknown. */
  stepsPerSubmit: number;
  /**
   * A step of a gear.
   *
   * @param before gear whose drafts the step before has made, which are verified; -1 where there is none.
   * @param position tokens so far.
   * @param random draws from 0 … 1.
   */
  step(gear: number, before: number, position: number, random: () => number): SimulatedStep;
  /** How much longer the machine takes for everything after so many tokens; 1 if left out. */
  slowness?(position: number): number;
}

/** What a text took. */
export interface SimulatedRun {
  tokens: number;
  /** In plain steps. */
  time: number;
}

const SUBMITS_IN_FLIGHT = 2;

/** The gear whose drafts the last of several plain steps makes, too. */
const FORESEEN = 1;

/** The machine has other work: times scatter by so much up and down. */
const SCATTER = 0.15;

/** Seconds of a plain step. */
const SECONDS = 0.05;

/** Decodes a text. */
export function simulate(steering: Steering, text: SimulatedText, seed: number): SimulatedRun {
  let draws = 0;
  const random = () => randomBits(seed, draws++) / 2 ** 32;
  const queue: Shift[] = [];
  let [tokens, time, submits, before] = [0, 0, 0, -1];
  steering.begin();
  while (tokens < text.length) {
    while (queue.length < SUBMITS_IN_FLIGHT) {
      queue.push(steering.next(Math.min(text.stepsPerSubmit, ++submits)));
    }
    const { gear, steps } = queue.shift()!;
    const [tokensBefore, timeBefore] = [tokens, time];
    let bareSteps = 0;
    const foreseen = { steps: 0, drafted: 0, right: 0 };
    if (gear === 0 && before === FORESEEN) {
      const unverified = text.step(FORESEEN, before, tokens, random);
      foreseen.steps++;
      foreseen.drafted += Number(!unverified.isBare);
      foreseen.right += unverified.tokens - 1;
    }
    for (let i = 0; i < steps; i++) {
      const step = text.step(gear, before, tokens, random);
      tokens += step.tokens;
      time += step.cost;
      bareSteps += Number(step.isBare);
      before = gear;
    }
    if (gear === 0) before = FORESEEN;
    const scatter = 1 - SCATTER + 2 * SCATTER * random();
    const slowness = text.slowness?.(tokensBefore) ?? 1;
    const seconds = SECONDS * slowness * (time - timeBefore) * scatter;
    const given = { steps, tokens: tokens - tokensBefore, bareSteps };
    steering.observe({ gear, ...given, foreseen, seconds });
  }
  return { tokens, time };
}

/** How much faster than by plain decoding one text came, or several together. */
export function speedOf(...runs: readonly SimulatedRun[]): number {
  const sum = (key: keyof SimulatedRun) => runs.reduce((total, run) => total + run[key], 0);
  return sum("tokens") / sum("time");
}
