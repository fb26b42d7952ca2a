/**
 * Records what steps of each kind give at each position of texts, as lines of JSON: a digit for the tokens of
 * a step, `.` where it found no drafts to verify.
 *
 *     deno run -A tests/golden/record_texts.ts MODEL_FOLDER PROMPTS.jsonl TOKENS
 */

import { decodeAll, greedyRequest } from "../../src/bench/runs/greedy.ts";
import { encodeBenchPrompts, readBenchPrompts } from "../../src/cli/input/bench_prompts.ts";
import { createDecoder } from "../../src/decode/decoder.ts";
import type { Observation, Steering } from "../../src/decode/gears/governor.ts";
import { AUTO } from "../../src/draft/registry.ts";
import { FolderAssets } from "../../src/engine/drafting/draft_assets.ts";
import { ModelFolder } from "../../src/engine/model_folder.ts";
import { requestGpu } from "../../src/gpu/request_gpu.ts";
import { randomBits } from "../../src/train/texts/random.ts";

/** Decodings with changing kinds of steps, which see the positions that those of one kind step over. */
const MIXED_RUNS = 3;

const [path, jsonl, tokens] = Deno.args;
const maxTokens = Number(tokens);
const folder = await ModelFolder.open(path);
const { prompts } = encodeBenchPrompts(
  await folder.text(),
  await readBenchPrompts({ jsonl, limit: undefined }),
  { contextLength: folder.config.contextLength, maxTokens },
);
using model = await folder.loadOn(await requestGpu());
using assets = await FolderAssets.open(folder);
const method = (await AUTO.load(model, assets)).create({ nodes: 8 });
const kinds = method.kinds!;

let log: Observation[] = [];
let gearOf: (step: number) => number;
const steering: Steering & { step: number } = {
  steps: [],
  step: 0,
  begin() {
    log = [];
    this.step = 0;
  },
  next() {
    return { gear: gearOf(this.step++), steps: 1 };
  },
  observe: (observation) => void log.push(observation),
};
using decoder = createDecoder(model, { steer: () => steering }, method);

for (const { ids, category } of prompts) {
  const seen = kinds.map((): string[] => []);
  for (let run = 1; run < kinds.length + MIXED_RUNS; run++) {
    const mixed = (step: number) => 1 + randomBits(run, step >> 1) % (kinds.length - 1);
    gearOf = run < kinds.length ? () => run : mixed;
    await decodeAll(decoder, greedyRequest(ids, maxTokens));
    takeIn(seen);
  }
  const yields = kinds.slice(1).map(({ drafts, nodes }, i) => [`${drafts} ${nodes}`, whole(seen[1 + i])]);
  console.log(JSON.stringify({ kind: category, ...Object.fromEntries(yields) }));
}

/** Notes what the steps of a decoding gave, under the kind that had made their drafts. */
function takeIn(seen: string[][]): void {
  let position = 0;
  let before: number | null = null;
  for (const { gear, tokens, bareSteps } of log) {
    const isWhole = before !== null && kinds[gear].nodes >= kinds[before].nodes;
    const isBare = bareSteps === 1 && kinds[gear].drafts === "lookups";
    if (isWhole) seen[before!][position] ??= isBare ? "." : String(tokens);
    position += tokens;
    before = gear;
  }
}

/** Where no decoding had a step, one would have kept what was left of the drafts before. */
function whole(seen: readonly (string | undefined)[]): string {
  let text = "";
  for (const one of Array.from(seen)) {
    const left = Number(text.at(-1)) - 1;
    text += one ?? (left >= 1 ? left : ".");
  }
  return text;
}
