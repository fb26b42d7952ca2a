import { PLAIN } from "../../draft/registry.ts";
import { acceptanceRates, totalCounts } from "../../engine/text/statistics.ts";
import { median } from "../timing/statistics.ts";
import { bootstrapMedian, type Estimate } from "./interval.ts";
import type { Run } from "./paired_runs.ts";

/** The category that stands for all prompts. */
export const ALL = "all";

/** What a method did on the prompts of a category; figures are numbers that were measured. */
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
  const own = runsOf(runs, method);
  const plain = runsOf(runs, PLAIN.name);
  const groups = Map.groupBy(own, ({ category }) => category);
  const figures = [[ALL, own] as const, ...groups].map(([category, some]) =>
    [category, figuresOf(some, plain, depth)] as const
  );
  return Object.fromEntries(figures);
}

function figuresOf(runs: readonly Run[], plain: readonly Run[], depth: number): Figures {
  return {
    tokensPerForward: tokensPerForward(runs),
    acceptance: acceptanceRates(totalCounts(runs), depth),
    tokensPerSecond: bootstrapMedian(byPrompt(runs, ({ tokens, seconds }) => tokens / seconds)),
    speedUp: bootstrapMedian(speedUps(runs, plain)),
  };
}

/** The runs of one decoder. */
export function runsOf(runs: readonly Run[], method: string): Run[] {
  return runs.filter((run) => run.method === method);
}

/** Tokens by forward passes, of all runs together. */
export function tokensPerForward(runs: readonly Run[]): number {
  return sum(runs, ({ tokens }) => tokens) / sum(runs, ({ forwards }) => forwards);
}

/** For each prompt a value of its runs, the median over its rounds. */
export function byPrompt(runs: readonly Run[], value: (run: Run) => number): number[] {
  const prompts = Map.groupBy(runs, ({ prompt }) => prompt);
  return [...prompts.values()].map((some) => median(some.map(value)));
}

/** For each prompt the time of the reference by that of these runs, both of the same round. */
export function speedUps(runs: readonly Run[], reference: readonly Run[]): number[] {
  const keyOf = ({ prompt, round }: Run) => `${prompt} ${round}`;
  const seconds = new Map(reference.map((run) => [keyOf(run), run.seconds]));
  return byPrompt(runs, (run) => seconds.get(keyOf(run))! / run.seconds);
}

function sum(runs: readonly Run[], value: (run: Run) => number): number {
  return runs.reduce((all, run) => all + value(run), 0);
}
