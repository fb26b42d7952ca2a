/** Made-up figures for tests of the reports; no number of them was ever measured. */

import type { Comparison, MethodReport } from "../../../src/bench/compare/comparison.ts";
import type { Figures } from "../../../src/bench/runs/figures.ts";
import type { AboutRun } from "../../../src/bench/report/about_run.ts";

/** A run on no device. */
export const ABOUT: AboutRun = {
  model: "made <up>",
  device: "no device",
  isSoftware: true,
  threads: 2,
  deno: "0.0.0",
  date: "2000-01-01T00:00:00.000Z",
  commandLine: "foretoken bench --out 'a b|c.html'",
  prompts: "6 prompts in 2 categories",
};

function figures(speed: number, tokens: number, depth: number): Figures {
  const around = (median: number) => ({ median, low: 0.9 * median, high: 1.1 * median });
  return {
    tokensPerForward: tokens,
    acceptance: Array.from({ length: depth }, (_, i) => 0.8 / (i + 1)),
    tokensPerSecond: around(100 * speed),
    speedUp: around(speed),
  };
}

function report(
  name: string,
  depth: number,
  [tales, problems]: readonly [number, number],
): MethodReport {
  const of = (speed: number) => figures(speed, 1 + depth / 4, depth);
  return {
    name,
    summary: `does ${name}`,
    tree: depth === 0 ? "no tree" : "8 nodes, most probable paths",
    rows: depth === 0 ? 1 : 8,
    depth,
    parameters: depth === 4 ? 262_144 : 0,
    memoryBytes: 20 * 2 ** 20,
    seconds: { verifying: 0.0011, drafting: 0.0002 * depth },
    difference: null,
    figures: { all: of((tales + problems) / 2), tales: of(tales), problems: of(problems) },
  };
}

/** Three methods over two categories; the last gave a wrong id if it is to be `tampered`. */
export function fakeComparison({ tampered = false } = {}): Comparison {
  const last = report("prompt-lookup", 7, [1.1, 1.9]);
  const difference = { prompt: 2, token: 5, found: 17, expected: 4 };
  return {
    categories: ["tales", "problems"],
    treesChosenOn: { prompts: 5, others: 1, of: 6 },
    clock: "wall",
    stoppedAfter: null,
    methods: [
      report("autoregressive", 0, [1, 1]),
      report("hidden-transfer", 4, [1.8, 1.6]),
      tampered ? { ...last, difference, figures: {} } : last,
    ],
    runs: [],
  };
}
