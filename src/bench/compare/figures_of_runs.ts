import { median } from "../timing.ts";
import { bootstrapMedian, type Estimate } from "./interval.ts";
import { PLAIN, type Run } from "./race.ts";

/** The category that stands for all prompts. */
export const ALL = "all";

/** What a method did on the prompts of a category. */
export interface Figures {
  /** Tokens by forward passes, of all texts together. */
  tokensPerForward: number;
  /** Part of the forward passes that accepted a draft at offset 1, 2, …. */
  acceptance: number[];
  /** Median over the prompts. */
  tokensPerSecond: Estimate;
  /** Median over the prompts of plain decoding's time by the method's, run after each other. */
  speedUp: Estimate;
}

/** A method's figures by category, {@linkcode ALL} included. */
export function figuresByCategory(
  runs: readonly Run[],
  method: string,
  depth: number,
): Record<string, Figures> {
  const own = runs.filter((run) => run.method === method);
  const plain = new Map(
    runs.filter((run) => run.method === PLAIN).map((run) => [keyOf(run), run.seconds]),
  );
  const groups = Map.groupBy(own, ({ category }) => category);
  const figures = [[ALL, own] as const, ...groups].map(([category, some]) =>
    [category, figuresOf(some, plain, depth)] as const
  );
  return Object.fromEntries(figures);
}

function figuresOf(
  runs: readonly Run[],
  plain: ReadonlyMap<string, number>,
  depth: number,
): Figures {
  const sum = (value: (run: Run) => number) => runs.reduce((all, run) => all + value(run), 0);
  const forwards = sum((run) => run.forwards);
  const byPrompt = [...Map.groupBy(runs, ({ prompt }) => prompt).values()];
  const middles = (value: (run: Run) => number) => byPrompt.map((some) => median(some.map(value)));
  return {
    tokensPerForward: sum(({ tokens }) => tokens) / forwards,
    acceptance: Array.from(
      { length: depth },
      (_, i) => sum(({ acceptedByOffset }) => acceptedByOffset[i] ?? 0) / forwards,
    ),
    tokensPerSecond: bootstrapMedian(middles(({ tokens, seconds }) => tokens / seconds)),
    speedUp: bootstrapMedian(middles((run) => plain.get(keyOf(run))! / run.seconds)),
  };
}

function keyOf({ prompt, round }: Run): string {
  return `${prompt} ${round}`;
}
