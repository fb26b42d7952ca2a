/** Texts of real models, of which it was recorded what steps of each kind give at each position. */

import type { GearGuess, Shift, Steering } from "../../src/decode/gears/governor.ts";
import recorded from "../golden/recorded_texts.json" with { type: "json" };
import type { SimulatedText } from "./gears/simulated_loop.ts";

/** A kind of step: its drafts, and how many nodes it verifies. */
interface Kind {
  drafts: "none" | "lookups" | "all";
  nodes: number;
}

const KINDS: readonly Kind[] = [
  { drafts: "none", nodes: 1 },
  { drafts: "lookups", nodes: 4 },
  { drafts: "lookups", nodes: 8 },
  { drafts: "all", nodes: 4 },
  { drafts: "all", nodes: 8 },
];

/** Texts of a model on a device. */
export interface RecordedTexts {
  model: string;
  /** What is known of the gears before a step. */
  guesses: readonly GearGuess[];
  /** Texts of at most so many tokens. */
  texts(length: number): RecordedText[];
}

/** A text, with its kind for people. */
export interface RecordedText extends SimulatedText {
  kind: string;
}

/** All that were recorded, model by model. */
export const RECORDED: readonly RecordedTexts[] = recorded.models.map((of) => {
  const { model, stepsPerSubmit, costs, gains } = of;
  return {
    model,
    guesses: KINDS.map(({ drafts }, i) => ({
      cost: recorded.guesses[i],
      drafts: ({ none: "none", lookups: "sometimes", all: "always" } as const)[drafts],
      ...(drafts === "all" && { gain: gains[i - 3] }),
    })),
    texts: (length) =>
      of.texts.map(({ kind, ...yields }) => {
        const step = stepOf(costs, yields);
        return { kind, stepsPerSubmit, length: Math.min(length, yields["all 4"].length - 8), step };
      }),
  };
});

/** Steps as they were recorded: `3` three tokens, `.` no drafts found. */
function stepOf(
  costs: readonly number[],
  yields: Readonly<Record<string, string>>,
): SimulatedText["step"] {
  return (gear, before, position) => {
    const { drafts, nodes } = KINDS[gear];
    const drafter = KINDS[Math.max(before, 0)];
    // A tree of another kind is cut down to what the step verifies.
    const tree = `${drafter.drafts} ${Math.min(nodes, drafter.nodes)}`;
    const found = yields[tree]?.[position] ?? ".";
    const isBare = drafts === "none" || found === ".";
    const cost = isBare && drafts !== "all" ? recorded.bareCosts[gear] : costs[gear];
    return { tokens: isBare ? 1 : Number(found), isBare, cost };
  };
}

/** The same gear always. */
export function fixed(gear: number): Steering {
  return { steps: [], begin() {}, next: (steps): Shift => ({ gear, steps }), observe() {} };
}
