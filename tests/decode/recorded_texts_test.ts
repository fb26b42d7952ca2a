/** Texts of real models in simulated time: as fast as the best fixed kind of step, and never much slower than plain. */

import { assert } from "@std/assert";
import { Governor } from "../../src/decode/gears/governor.ts";
import { fixed, RECORDED, type RecordedText } from "./recorded_texts.ts";
import { simulate, type SimulatedRun, speedOf } from "./gears/simulated_loop.ts";

const LENGTHS = [48, 112];
const ROUNDS = 4;

/** The texts in another order for each round: turned, and backwards in every second one. */
function inOrder(texts: readonly RecordedText[], round: number): RecordedText[] {
  const turned = [...texts.slice(3 * round), ...texts.slice(0, 3 * round)];
  return round % 2 === 0 ? turned : turned.reverse();
}

/** Each text as the first of a process, and all of them in one process, round by round. */
function runsOf(
  governor: () => Governor,
  texts: readonly RecordedText[],
): Record<"first" | "inOne", SimulatedRun[]> {
  const [first, inOne]: SimulatedRun[][] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const same = governor();
    for (const [i, text] of inOrder(texts, round).entries()) {
      const seed = 100 * round + i;
      first.push(simulate(governor(), text, seed));
      inOne.push(simulate(same, text, seed));
    }
  }
  return { first, inOne };
}

Deno.test("recorded texts come as fast as with the best fixed kind of step, nearly", () => {
  const reached: number[] = [];
  for (const { model, guesses, texts } of RECORDED) {
    for (const length of LENGTHS) {
      const all = texts(length);
      const speeds = guesses.map((_, gear) =>
        speedOf(...all.map((text) => simulate(fixed(gear), text, 1)))
      );
      const best = Math.max(...speeds);
      const { first, inOne } = runsOf(() => new Governor(guesses), all);
      const where = `${model}, ${length} tokens, ${best} at best`;
      assert(speedOf(...first) > 0.87 * best, `${where}, first texts: ${speedOf(...first)}`);
      assert(speedOf(...inOne) > 0.91 * best, `${where}, in one: ${speedOf(...inOne)}`);
      reached.push(speedOf(...inOne) / best);
    }
  }
  const mean = reached.reduce((a, b) => a + b) / reached.length;
  assert(mean > 0.95, `${mean} of the best fixed speeds: ${reached}`);
});

Deno.test("no recorded text comes much slower than by plain decoding", () => {
  for (const { model, guesses, texts } of RECORDED) {
    for (const length of LENGTHS) {
      const { first, inOne } = runsOf(() => new Governor(guesses), texts(length));
      for (const { tokens, time } of [...first, ...inOne]) {
        assert(time - tokens < 5, `${model}: ${time} plain steps for ${tokens} tokens`);
      }
    }
  }
});

Deno.test("recorded texts of whose drafts none were right would cost 3% at most, or a few plain steps", () => {
  for (const { model, guesses, texts } of RECORDED) {
    for (const length of [48, 128, 512]) {
      const wrong = texts(length).map((text): RecordedText => ({
        ...text,
        length,
        step: (...at) => ({ ...text.step(...at), tokens: 1 }),
      }));
      const { first, inOne } = runsOf(() => new Governor(guesses), wrong);
      for (const { tokens, time } of first) {
        const most = Math.max(4, 0.03 * tokens);
        assert(time - tokens < most, `${model}: ${time} plain steps for ${tokens} tokens`);
      }
      const least = length < 128 ? 0.94 : 0.97;
      assert(speedOf(...inOne) > least, `${model}, ${length} tokens: ${speedOf(...inOne)}`);
    }
  }
});
