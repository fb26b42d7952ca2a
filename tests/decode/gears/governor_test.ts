/** Which gear is chosen, against texts in which it is known what each gear costs and gives. */

import { assert, assertEquals } from "@std/assert";
import { type GearGuess, Governor, type Observation } from "../../../src/decode/gears/governor.ts";
import { simulate, type SimulatedText, speedOf } from "./simulated_loop.ts";

/**
 * What a step that verifies drafts costs in each gear, in plain steps, and the tokens that it gives on
 * average; and in the second gear, how often it finds drafts.
 */
interface World {
  costs: readonly number[];
  gainsOf: (text: number) => readonly number[];
  found: (text: number) => number;
}

const COSTS = [1, 1.25, 1.35, 2];
const GUESSES: readonly GearGuess[] = [
  { cost: 1, drafts: "none" },
  { cost: 1.2, drafts: "sometimes" },
  { cost: 1.3, drafts: "always" },
  { cost: 1.8, drafts: "always" },
];
const STEPS = 4;

const always = (...gains: number[]): World => ({
  costs: COSTS,
  gainsOf: () => gains,
  found: () => 0.2,
});

/** Decodes texts of a length, one after the other, and returns each one's speed beside plain decoding. */
function speeds({ costs, gainsOf, found }: World, length: number, texts: number): number[] {
  const governor = new Governor(GUESSES);
  return Array.from({ length: texts }, (_, text) => {
    const gains = gainsOf(text);
    const step: SimulatedText["step"] = (gear, before, _, random) => {
      const right = (gains[gear] - 1) / gains[gear]; // Each draft, if those before it were.
      const isBare = gear === 0 || (gear === 1 ? random() >= found(text) : before <= 0);
      let tokens = 1;
      while (!isBare && random() < right) tokens++;
      return { tokens, isBare, cost: isBare && gear === 1 ? 1 : costs[gear] };
    };
    return speedOf(simulate(governor, { length, stepsPerSubmit: STEPS, step }, text));
  });
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

Deno.test("texts whose drafts are never right take at most 3% longer than by plain decoding", () => {
  for (const found of [0, 0.3, 1]) {
    const world = { ...always(1, 1, 1, 1), found: () => found };
    for (const length of [48, 128, 256, 1024]) {
      const all = speeds(world, length, 20);
      const where = `texts of ${length} tokens, ${found} of their steps finding something`;
      // A first text in which every lookup finds something and is wrong every time is the worst there is.
      const least = found < 1 ? 0.97 : 0.96;
      if (length >= 128) assert(all[0] > least, `the first of ${where}: ${all[0]}`);
      assert(mean(all) > 0.975, `${where}: ${mean(all)}`);
    }
  }
});

Deno.test("where drafts pay, the gear that pays most is used nearly always", () => {
  for (const length of [256, 1024]) {
    const small = mean(speeds(always(1, 1.5, 2.1, 2.5), length, 20));
    assert(small > 0.92 * 2.1 / 1.35, `small trees: ${small}`);
    const nearlyFree = { ...always(1, 1.5, 1.6, 2.6), costs: [1, 1.02, 1.05, 1.1] };
    const large = mean(speeds(nearlyFree, length, 20));
    assert(large > 0.9 * 2.6 / 1.1, `large trees: ${large}`);
  }
});

Deno.test("lookups are tried in a text, and kept where they are right, whatever rows cost", () => {
  for (const cost of [1.1, 1.2, 1.4, 1.6]) {
    const governor = new Governor([{ cost: 1, drafts: "none" }, { cost, drafts: "sometimes" }]);
    const step: SimulatedText["step"] = (gear) => ({
      tokens: gear === 1 ? 3 : 1,
      isBare: gear === 0,
      cost: gear === 1 ? cost : 1,
    });
    const speed = speedOf(simulate(governor, { length: 120, stepsPerSubmit: STEPS, step }, 1));
    assert(speed > 0.85 * 3 / cost, `with rows that cost ${cost}: ${speed}`);
  }
});

Deno.test("a mix of texts is faster than with any fixed gear", () => {
  const gainsOf = (text: number) => text % 2 === 0 ? [1, 1.5, 2.1, 2.5] : [1, 1, 1, 1];
  const all = speeds({ costs: COSTS, gainsOf, found: () => 0.2 }, 512, 20);
  // Texts of one length: the speed of all is the harmonic mean of theirs.
  const together = (some: readonly number[]) => 1 / mean(some.map((speed) => 1 / speed));
  const fixed = COSTS.map((cost, gear) =>
    together([0, 1].map((text) => gainsOf(text)[gear] / cost))
  );
  assert(together(all) > 1.1 * Math.max(...fixed), `${together(all)} beside ${fixed}`);
});

Deno.test("what can be looked up speeds texts up whose other drafts are too dear", () => {
  const gainsOf = (text: number) => [1, text % 3 === 0 ? 2.4 : 1.6, 1.3, 1.4];
  const found = (text: number) => text % 3 === 0 ? 0.6 : 0.1;
  const world = { costs: COSTS, gainsOf, found };
  const ideal = mean([0, 1, 2].map((text) => {
    const share = found(text);
    return (1 + share * (gainsOf(text)[1] - 1)) / (1 + share * (COSTS[1] - 1));
  }));
  for (const length of [48, 256]) {
    const all = mean(speeds(world, length, 30));
    assert(all > 0.95 * ideal, `texts of ${length} tokens: ${all} beside ${ideal}`);
  }
});

Deno.test("short texts whose drafts pay a little come as fast as with the best fixed gear, nearly", () => {
  // Drafts pay in some texts and not in others; a text alone tells too late in which.
  const gainsOf = (text: number) => [1, 1.9, 1.5 + 0.1 * (text % 5), 2];
  const all = mean(speeds({ costs: COSTS, gainsOf, found: () => 0.15 }, 48, 30));
  const trees = mean([0, 1, 2, 3, 4].map((text) => gainsOf(text)[2] / COSTS[2]));
  assert(all > 0.94 * trees, `${all} beside ${trees}`);
});

Deno.test("the time of steps that verify nothing is no time of steps with drafts", () => {
  const governor = new Governor(GUESSES.slice(0, 3));
  const speedOf = (gear: number) => gear === 2 ? 2.5 : 1;
  for (let i = 0; i < 200; i++) {
    const { gear } = governor.next(1);
    // Trees give 1.6 tokens but cost 2.5 plain steps; without a tree to verify their steps are cheap.
    const isBare = gear < 2 || i % 2 === 0;
    const cost = isBare ? 1 : speedOf(gear);
    const tokens = isBare ? 1 : i % 10 < 6 ? 2 : 1;
    governor.observe({ gear, steps: 1, tokens, bareSteps: Number(isBare), seconds: 0.05 * cost });
  }
  assert(governor.steps[2] < 20, `${governor.steps[2]} steps with trees`);
});

Deno.test("without times the guessed costs decide, and a text begins with what usually pays", () => {
  const governor = new Governor([{ cost: 1, drafts: "none" }, { cost: 1.2, drafts: "always" }]);
  for (let i = 0; i < 20; i++) {
    const { gear, steps } = governor.next(STEPS);
    governor.observe({ gear, steps, tokens: gear === 0 ? steps : 2 * steps, seconds: null });
  }
  governor.begin();
  assertEquals(governor.steps, [0, 0]);
  assertEquals(governor.next(STEPS).gear, 1);
});

Deno.test("times that a coarse clock takes for none tell nothing", () => {
  const governor = new Governor([{ cost: 1, drafts: "none" }, { cost: 1.2, drafts: "always" }]);
  for (let i = 0; i < 60; i++) {
    const { gear, steps } = governor.next(STEPS);
    const seconds = i < 20 ? 0 : 0.05 * steps * [1, 1.3][gear];
    governor.observe({ gear, steps, tokens: gear === 0 ? steps : 2 * steps, seconds });
  }
  governor.begin();
  assertEquals(governor.next(STEPS).gear, 1);
});

/** Plain steps, and steps of two sizes that draft from phrases, as a file tells what they give. */
const PHRASES: readonly GearGuess[] = [
  { cost: 1, drafts: "none" },
  { cost: 1.3, drafts: "mostly", gain: 1.58 },
  { cost: 1.7, drafts: "mostly", gain: 1.76 },
];

/** A step of these where drafts give so many tokens on average. */
function phraseStep(costs: readonly number[], gains: readonly number[]): SimulatedText["step"] {
  return (gear, before, _, random) => {
    const isBare = gear === 0 || before <= 0;
    const right = (gains[gear] - 1) / gains[gear];
    let tokens = 1;
    while (!isBare && random() < right) tokens++;
    return { tokens, isBare, cost: isBare ? 1 : costs[gear] };
  };
}

Deno.test("texts whose phrases are never right take at most 3% longer than by plain decoding", () => {
  for (const costs of [[1, 1.05, 1.1], [1, 1.2, 1.5], [1, 1.5, 2.2]]) {
    const step = phraseStep(costs, [1, 1, 1]);
    for (const length of [48, 128, 256, 1024]) {
      const governor = new Governor(PHRASES);
      const all = Array.from(
        { length: 20 },
        (_, text) => speedOf(simulate(governor, { length, stepsPerSubmit: STEPS, step }, text)),
      );
      const where = `texts of ${length} tokens, rows that cost ${costs[1]}`;
      if (length >= 128) assert(all[0] > 0.97, `the first of ${where}: ${all[0]}`);
      assert(mean(all) > 0.97, `${where}: ${mean(all)}`);
    }
  }
});

Deno.test("phrases that pay are begun at once where four rows cost 1.2 plain steps", () => {
  const governor = new Governor(PHRASES);
  const costs = [1, 1.2, 1.5];
  const step = phraseStep(costs, [1, 1.77, 2.02]);
  const run = (text: number) =>
    speedOf(simulate(governor, { length: 128, stepsPerSubmit: STEPS, step }, text));
  const first = run(0);
  assert(governor.steps[0] <= 6, `${governor.steps[0]} plain steps in the first text`);
  assert(first > 1.25, `the first text: ${first}`);
  const later = mean([1, 2, 3, 4, 5, 6].map(run));
  assert(later > 0.95 * 1.77 / 1.2, `those after it: ${later}`);
});

Deno.test("phrases that give much are verified where rows are dear, too", () => {
  const governor = new Governor(PHRASES);
  const step = phraseStep([1, 1.85, 1.9], [1, 3, 3.2]);
  const run = (text: number) =>
    speedOf(simulate(governor, { length: 128, stepsPerSubmit: STEPS, step }, text));
  const later = mean([0, 1, 2, 3, 4, 5, 6, 7].map(run).slice(2));
  assert(later > 0.75 * 3 / 1.85, `${later}`);
});

Deno.test("where the machine's own speed changes, costs are as they are in steady hours", () => {
  const costs = [1, 1.3, 1.7];
  const step = phraseStep(costs, [1, 2.2, 2.5]);
  const slowness = (text: number, position: number) => [1, 1.7][(text * 128 + position) / 90 & 1];
  const governor = new Governor(PHRASES);
  const all = Array.from({ length: 40 }, (_, text) =>
    simulate(
      governor,
      { length: 128, stepsPerSubmit: STEPS, step, slowness: (at) => slowness(text, at) },
      text,
    ));
  const [, small, large] = governor.experience!;
  assert(Math.abs(small.cost - costs[1]) < 0.1, `small trees: ${small.cost}`);
  assert(large.times < 4 || Math.abs(large.cost - costs[2]) < 0.15, `large trees: ${large.cost}`);
  assert(speedOf(...all) > 0.93 * 2.2 / 1.3, `${speedOf(...all)}`);
});

Deno.test("what small trees have shown tells of larger ones, too", () => {
  // Taken for themselves, large trees are expected to give less than small ones were seen to give.
  const governor = new Governor([
    { cost: 1, drafts: "none" },
    { cost: 1.2, drafts: "mostly", gain: 1.5 },
    { cost: 1.3, drafts: "mostly", gain: 1.7 },
  ]);
  const step = phraseStep([1, 1.2, 1.3], [1, 2.2, 2.7]);
  const run = (text: number) =>
    speedOf(simulate(governor, { length: 128, stepsPerSubmit: STEPS, step }, text));
  const later = mean(Array.from({ length: 24 }, (_, text) => run(text)).slice(4));
  assert(later > 0.93 * 2.7 / 1.3, `${later}`);
});

Deno.test("drafts that were wrong at first are verified again once plain steps have foreseen right ones", () => {
  const governor = new Governor(PHRASES);
  const run = (foreseen: Observation["foreseen"]) => {
    governor.begin();
    let wrong = 0;
    for (let step = 0; step < 40; step++) {
      const { gear, steps } = governor.next(1);
      const isFirst = step === 0;
      wrong += Number(gear > 0 && !isFirst);
      governor.observe({
        gear,
        steps,
        tokens: 1,
        bareSteps: Number(gear === 0 || isFirst),
        seconds: [0.05, 0.065, 0.085][gear],
        ...(gear === 0 && foreseen && { foreseen }),
      });
    }
    return wrong;
  };
  assert(run(undefined) <= 5, "wrong drafts cost a text little");
  assert(
    run({ steps: 1, drafted: 1, right: 0 }) <= 5,
    "nor where they would have been wrong again",
  );
  assert(
    run({ steps: 1, drafted: 1, right: 2 }) > 10,
    "where they would have been right they are verified",
  );
});
