/** Beginning with what was known before: it helps where it is right, and costs little where it is wrong. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type GearGuess, Governor } from "../../../src/decode/gears/governor.ts";
import type { GearExperience } from "../../../src/format/settings/gear_experience.ts";
import { simulate, type SimulatedText, speedOf } from "./simulated_loop.ts";

const GUESSES: readonly GearGuess[] = [
  { cost: 1, drafts: "none" },
  { cost: 1.3, drafts: "sometimes" },
  { cost: 1.55, drafts: "always" },
  { cost: 1.95, drafts: "always" },
];
const COSTS = [1, 1.25, 1.5, 1.75];
const DEPTHS = [0, 3, 3, 4];

/** Texts: the share of drafts that are right after right ones in each gear, and of steps that find some. */
interface Texts {
  right: readonly number[];
  found: number;
}

const NEVER_RIGHT: Texts = { right: [0, 0, 0, 0], found: 0.3 };
/** Steps with trees of the third gear give 2 tokens or so, and are the best by far. */
const MOSTLY_RIGHT: Texts = { right: [0, 0.4, 0.54, 0.55], found: 0.1 };

/** Decodes a text of 48 tokens, or of another length, and returns its speed beside plain decoding. */
function speed(
  governor: Governor,
  { right, found }: Texts,
  { seed, length = 48, stepsPerSubmit = 4, costs = COSTS }: {
    seed: number;
    length?: number;
    stepsPerSubmit?: number;
    costs?: readonly number[];
  },
): number {
  const step: SimulatedText["step"] = (gear, before, _, random) => {
    const { drafts } = GUESSES[gear];
    const isBare = gear === 0 ||
      (drafts === "sometimes" ? random() >= found : before !== gear);
    let tokens = 1;
    while (!isBare && tokens <= DEPTHS[gear] && random() < right[gear]) tokens++;
    return { tokens, isBare, cost: isBare && drafts !== "always" ? 1 : costs[gear] };
  };
  return speedOf(simulate(governor, { length, stepsPerSubmit, step }, seed));
}

/** Speeds of first texts of processes that all begin with the same experience. */
function firstTexts(
  experience: readonly GearExperience[] | undefined,
  texts: Texts,
  options: { length?: number; stepsPerSubmit?: number } = {},
): number[] {
  return Array.from(
    { length: 80 },
    (_, seed) => speed(new Governor(GUESSES, experience), texts, { ...options, seed }),
  );
}

/** Texts of one length: the speed of all is the harmonic mean of theirs. */
const together = (speeds: readonly number[]) =>
  speeds.length / speeds.reduce((sum, speed) => sum + 1 / speed, 0);

/** What is known of all gears; of plain steps there is nothing to know. */
const known = (...gears: readonly GearExperience[]): GearExperience[] => [
  { cost: 1, times: 0, gain: 1, drafted: 0, weight: 0 },
  ...gears,
];

const RIGHT = known(
  { cost: 1.25, times: 16, gain: 1.1, drafted: 0.1, weight: 60 },
  { cost: 1.5, times: 16, gain: 2, drafted: 1, weight: 60 },
  { cost: 1.75, times: 16, gain: 2.1, drafted: 1, weight: 60 },
);

Deno.test("a short text comes faster where it is known from before what pays", () => {
  for (const stepsPerSubmit of [1, 4]) {
    const options = { stepsPerSubmit };
    const fresh = together(firstTexts(undefined, MOSTLY_RIGHT, options));
    const remembered = together(firstTexts(RIGHT, MOSTLY_RIGHT, options));
    assert(fresh > 1.17, `${fresh}`);
    assert(remembered > 1.02 * fresh && remembered > 1.23, `${remembered} beside ${fresh}`);
  }
});

Deno.test("a short text comes faster where its maps tell what to expect, and costs little where they are wrong", () => {
  const expecting = GUESSES.map((guess) =>
    guess.drafts === "always" ? { ...guess, gain: 1.9 } : guess
  );
  const speeds = (texts: Texts, length: number) =>
    Array.from(
      { length: 80 },
      (_, seed) => speed(new Governor(expecting), texts, { seed, length }),
    );
  const reached = together(speeds(MOSTLY_RIGHT, 48));
  assert(reached > 1.19, `${reached}`);
  // Drafts that are as right as expected, and much dearer: they are timed before long.
  const dear = Array.from({ length: 80 }, (_, seed) => {
    const options = { seed, length: 256, costs: [1, 1.25, 2.6, 3] };
    return speed(new Governor(expecting), MOSTLY_RIGHT, options);
  });
  assert(together(dear) > 0.96, `dear drafts: ${together(dear)}`);
  for (const found of [0, 0.3, 1]) {
    const wrong = together(speeds({ ...NEVER_RIGHT, found }, 128));
    assert(wrong > 0.97, `${found} of the steps find something: ${wrong}`);
  }
});

Deno.test("what earlier processes learnt makes texts faster, one process after the other", () => {
  let experience: readonly GearExperience[] | undefined;
  const speeds = Array.from({ length: 60 }, (_, seed) => {
    const governor = new Governor(GUESSES, experience);
    const reached = speed(governor, MOSTLY_RIGHT, { seed });
    experience = governor.experience!;
    return reached;
  });
  assert(together(speeds) > 1.2, `${together(speeds)}`);
});

Deno.test("a text whose drafts are never right costs 3% at most, whatever was claimed before", () => {
  const everyGear = (of: (guess: GearGuess) => GearExperience) => GUESSES.map(of);
  const claims = {
    "free and always right": everyGear(() => ({
      cost: 1,
      times: 16,
      gain: 64,
      drafted: 1,
      weight: 400,
    })),
    "cheap and often right": everyGear(({ cost }) => {
      return { cost: Math.max(1, 0.7 * cost), times: 16, gain: 3, drafted: 1, weight: 60 };
    }),
    "right": everyGear(() => ({ cost: 1, times: 0, gain: 4, drafted: 1, weight: 400 })),
    "hopeless": everyGear(() => ({ cost: 64, times: 16, gain: 1, drafted: 1, weight: 400 })),
    "what was true once": RIGHT,
  };
  for (const [name, experience] of Object.entries(claims)) {
    for (const stepsPerSubmit of [1, 4]) {
      for (const found of [0, 0.3, 1]) {
        const texts = { ...NEVER_RIGHT, found };
        const speeds = firstTexts(experience, texts, { length: 128, stepsPerSubmit });
        const where = `${name}, ${stepsPerSubmit} steps together, ${found} finding something`;
        assert(together(speeds) > 0.97, `${where}: ${together(speeds)}`);
      }
    }
  }
});

Deno.test("what was wrongly taken to be hopeless is forgotten after some processes", () => {
  let experience: readonly GearExperience[] = known(
    { cost: 64, times: 16, gain: 1, drafted: 1, weight: 400 },
    { cost: 64, times: 16, gain: 1, drafted: 1, weight: 400 },
    { cost: 64, times: 16, gain: 1, drafted: 1, weight: 400 },
  );
  const speeds = Array.from({ length: 72 }, (_, seed) => {
    const governor = new Governor(GUESSES, experience);
    const reached = speed(governor, MOSTLY_RIGHT, { seed });
    experience = governor.experience!;
    return reached;
  });
  const [first, later] = [together(speeds.slice(0, 4)), together(speeds.slice(12))];
  assert(first < 1.05 && later > 1.08, `${first}, then ${later}`);
});

Deno.test("drafts that are claimed to be cheap, and are right but dear, are found out by timing them", () => {
  const claim = GUESSES.map(() => ({ cost: 1, times: 16, gain: 2, drafted: 1, weight: 400 }));
  const speeds = Array.from({ length: 40 }, (_, seed) => {
    const governor = new Governor(GUESSES, claim);
    return speed(governor, MOSTLY_RIGHT, { seed, length: 512, costs: [1, 1.25, 2.6, 3] });
  });
  assert(together(speeds) > 0.95, `${together(speeds)}`);
});

Deno.test("costs are kept as they were measured, and what is not used counts for less", () => {
  let experience: readonly GearExperience[] | undefined;
  for (let seed = 0; seed < 12; seed++) {
    const governor = new Governor(GUESSES, experience);
    assertEquals(governor.experience, null, "nothing is known anew before a step");
    speed(governor, MOSTLY_RIGHT, { seed, length: 256 });
    experience = governor.experience!;
  }
  const { cost, times, gain, weight } = experience![2];
  assert(times > 2 && weight > 40, `${times} times, ${weight} steps`);
  assertAlmostEquals(cost, COSTS[2], 0.2);
  assertAlmostEquals(gain, 2, 0.2);
  const next = new Governor(GUESSES, experience);
  next.observe({ ...next.next(1), tokens: 1, bareSteps: 1, seconds: null });
  assert(next.remembers && next.experience![2].weight < weight);
  assertEquals(new Governor(GUESSES).remembers, false);
  assertEquals(new Governor(GUESSES, known()).remembers, false);
});
