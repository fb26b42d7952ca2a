/**
 * Measures the engine on this device: `deno task bench:engine`. Nothing is asserted; every figure
 * comes with what it is to be compared with, from the same run.
 *
 *   engine.ts [--profile NAME] [SECTION ...]
 *
 * The sections are attention, long, designs, token, kinds, loop, products, experts, rows, prompts, drafts,
 * memory and start: all of them if none is named.
 *
 * With --profile the kernels are those of another profile than the device's own.
 */
import { DEMO_FOLDER } from "../engine/demo_folder.ts";
import { ModelFolder } from "../engine/model_folder.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { requestGpu } from "../gpu/request_gpu.ts";
import type { Transformer } from "../model/transformer.ts";
import { profileOf, PROFILES } from "../ops/profiles.ts";
import { reportDesigns } from "./engine/sections/designs.ts";
import { reportDrafts } from "./engine/sections/drafts.ts";
import { reportExperts } from "./engine/sections/experts.ts";
import { reportKinds } from "./engine/sections/kinds.ts";
import { reportLongAttention } from "./engine/sections/long_attention.ts";
import { reportLoop } from "./engine/sections/loop.ts";
import { reportMemory } from "./engine/sections/memory.ts";
import { reportProducts } from "./engine/sections/products.ts";
import { reportPrompts } from "./engine/sections/prompts.ts";
import { reportRows } from "./engine/sections/rows.ts";
import { reportStart } from "./engine/sections/start.ts";
import { reportTextAttention } from "./engine/sections/text_attention.ts";
import { reportToken } from "./engine/sections/token.ts";

/** A part of the report. */
export interface Section {
  name: string;
  title: string;
  /** What is printed: at its end, or piece by piece as it becomes known. */
  report(gpu: Gpu): Promise<string> | AsyncIterable<string>;
}

/** All parts, in their order. */
export const SECTIONS: readonly Section[] = [
  { name: "attention", title: "Attention of prompts", report: reportTextAttention },
  { name: "long", title: "Attention of few rows of long texts", report: reportLongAttention },
  { name: "designs", title: "Designs of matrix products for GPUs", report: reportDesigns },
  {
    name: "token",
    title: "One decoded token of the demo model, about 128 positions before it",
    report: (gpu) => withDemoModel(gpu, reportToken),
  },
  {
    name: "kinds",
    title: "The kinds of dispatches of the demo model by rows",
    report: (gpu) => withDemoModel(gpu, reportKinds),
  },
  {
    name: "loop",
    title: "The token loop of the demo model",
    report: (gpu) => withDemoModel(gpu, reportLoop),
  },
  { name: "products", title: "Matrix products", report: reportProducts },
  { name: "experts", title: "Mixtures of experts", report: reportExperts },
  { name: "rows", title: "Forward passes by rows", report: reportRows },
  {
    name: "prompts",
    title: "Prompts",
    report: reportPrompts,
  },
  { name: "drafts", title: "Drafts with a model of 7B's shape", report: reportDrafts },
  {
    name: "memory",
    title: "Host memory and time while a model is loaded",
    report: (gpu) => reportMemory(gpu.isSoftware),
  },
  { name: "start", title: "From start to first text, demo model", report: reportStart },
];

async function withDemoModel(
  gpu: Gpu,
  report: (model: Transformer) => Promise<string>,
): Promise<string> {
  using model = await (await ModelFolder.open(DEMO_FOLDER)).loadOn(gpu);
  return await report(model);
}

async function main(args: readonly string[]): Promise<number> {
  const flag = args.indexOf("--profile");
  const profile = flag < 0 ? undefined : args[flag + 1] ?? "";
  const names = flag < 0 ? args : args.toSpliced(flag, 2);
  const known = SECTIONS.map((section) => section.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) return refuse("section", unknown, known);
  if (profile !== undefined && !(profile in PROFILES)) {
    return refuse("profile", profile, Object.keys(PROFILES));
  }
  using gpu = await requestGpu({ profile });
  const threads = navigator.hardwareConcurrency;
  console.log(
    `${gpu.name}, kernels of ${profileOf(gpu).name}; ${threads} processor threads, ` +
      `Deno ${Deno.version.deno}`,
  );
  for (const { name, title, report } of SECTIONS) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`\n${title}\n`);
    const told = report(gpu);
    if (told instanceof Promise) console.log((await told).trimEnd());
    else for await (const piece of told) console.log(piece.trimEnd());
  }
  return 0;
}

function refuse(kind: string, word: string, known: readonly string[]): number {
  console.error(
    `foretoken: there is no ${kind} ${JSON.stringify(word)}; there are ${known.join(", ")}`,
  );
  return 64;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
