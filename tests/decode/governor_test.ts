/** Which gear is chosen, against texts in which it is known what each gear costs and gives. */

import { assert, assertEquals } from "@std/assert";
import { Governor } from "../../src/decode/governor.ts";
import { randomBits } from "../../src/train/texts/random.ts";

/** What a step of each gear costs, in plain steps, and the tokens that it gives on average. */
interface World {
  costs: readonly number[];
  gainsOf: (text: number) => readonly number[];
}

const COSTS = [1, 1.35, 2];
const STEPS = 4;
const IN_FLIGHT = 2;

const always = (...gains: number[]): World => ({ costs: COSTS, gainsOf: () => gains });

/** Decodes texts of a length, one after the other, and returns each one's speed beside plain decoding. */
function speeds({ costs, gainsOf }: World, length: number, texts: number): number[] {
  const governor = new Governor([1, 1.3, 1.8]);
  let draws = 0;
  const random = () => randomBits(7, draws++) / 2 ** 32;
  return Array.from({ length: texts }, (_, text) => {
    governor.begin();
    let [position, time] = [0, 0];
    const queue: { gear: number; steps: number }[] = [];
    let submits = 0;
    while (position < length) {
      // The first submits are short, since it is not known how long they take.
      while (queue.length < IN_FLIGHT) {
        const steps = Math.min(STEPS, ++submits);
        queue.push({ gear: governor.next(steps), steps });
      }
      const { gear, steps } = queue.shift()!;
      const gain = gainsOf(text)[gear];
      const right = (gain - 1) / gain; // Each draft, if those before it were.
      let tokens = 0;
      for (let step = 0; step < steps; step++) {
        tokens++;
        while (random() < right) tokens++;
      }
      // The machine has other work: times scatter by 15%.
      const seconds = steps * costs[gear] * 0.05 * (0.85 + 0.3 * random());
      governor.observe({ gear, steps, tokens, seconds });
      position += tokens;
      time += steps * costs[gear];
    }
    return position / time;
  });
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

Deno.test("texts whose drafts are never right take at most 3% longer than by plain decoding", () => {
  for (const length of [128, 256, 1024]) {
    const all = speeds(always(1, 1, 1), length, 20);
    assert(all[0] > 0.97, `the first text of ${length} tokens: ${all[0]}`);
    assert(mean(all) > 0.975, `texts of ${length} tokens: ${mean(all)}`);
  }
});

Deno.test("where drafts pay, the gear that pays most is used nearly always", () => {
  for (const length of [256, 1024]) {
    const small = mean(speeds(always(1, 2.1, 2.5), length, 20));
    assert(small > 0.92 * 2.1 / 1.35, `small trees: ${small}`);
    const nearlyFree: World = { costs: [1, 1.05, 1.1], gainsOf: () => [1, 1.6, 2.6] };
    const large = mean(speeds(nearlyFree, length, 20));
    assert(large > 0.9 * 2.6 / 1.1, `large trees: ${large}`);
  }
});

Deno.test("a mix of texts is faster than with any fixed gear", () => {
  const gainsOf = (text: number) => text % 2 === 0 ? [1, 2.1, 2.5] : [1, 1, 1];
  const all = speeds({ costs: COSTS, gainsOf }, 512, 20);
  // Texts of one length: the speed of all is the harmonic mean of theirs.
  const together = (some: readonly number[]) => 1 / mean(some.map((speed) => 1 / speed));
  const fixed = COSTS.map((cost, gear) =>
    together([0, 1].map((text) => gainsOf(text)[gear] / cost))
  );
  assert(together(all) > 1.1 * Math.max(...fixed), `${together(all)} beside ${fixed}`);
});

Deno.test("without times the guessed costs decide, and a text begins with what usually pays", () => {
  const governor = new Governor([1, 1.2]);
  for (let i = 0; i < 20; i++) {
    const gear = governor.next(STEPS);
    governor.observe({ gear, steps: STEPS, tokens: gear === 0 ? STEPS : 2 * STEPS, seconds: null });
  }
  governor.begin();
  assertEquals(governor.steps, [0, 0]);
  assertEquals(governor.next(STEPS), 1);
});
