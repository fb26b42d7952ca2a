/**
 * Measures the engine on this device: `deno task bench:engine`. Nothing is asserted; every figure
 * comes with what it is to be compared with, from the same run.
 *
 *   engine.ts [token] [kinds] [loop] [products] [rows] [prompts] [memory] [start]
 *                                                                 (all of them if none is named)
 */
import { DEMO_FOLDER } from "../engine/demo_folder.ts";
import { ModelFolder } from "../engine/model_folder.ts";
import { type Gpu, requestGpu } from "../gpu/gpu.ts";
import type { Transformer } from "../model/transformer.ts";
import { reportKinds } from "./engine/kinds.ts";
import { reportLoop } from "./engine/loop.ts";
import { reportMemory } from "./engine/memory.ts";
import { reportProducts } from "./engine/products.ts";
import { reportPrompts } from "./engine/prompts.ts";
import { reportRows } from "./engine/rows.ts";
import { reportStart } from "./engine/start.ts";
import { reportToken } from "./engine/token.ts";

/** A part of the report. */
interface Section {
  name: string;
  title: string;
  report(gpu: Gpu): Promise<string>;
}

const SECTIONS: readonly Section[] = [
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
  { name: "rows", title: "Forward passes of a 7B-shaped model by rows", report: reportRows },
  {
    name: "prompts",
    title: "Prompts of a model with the sizes of SmolLM2-135M",
    report: reportPrompts,
  },
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

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined) {
    const known = SECTIONS.map((section) => section.name).join(", ");
    console.error(`foretoken: there is no section ${JSON.stringify(unknown)}; there are ${known}`);
    return 64;
  }
  using gpu = await requestGpu();
  const threads = navigator.hardwareConcurrency;
  console.log(`${gpu.name}; ${threads} processor threads, Deno ${Deno.version.deno}`);
  for (const { name, title, report } of SECTIONS) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`\n${title}\n`);
    console.log((await report(gpu)).trimEnd());
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
