/**
 * Compares models that people know with the transformers library: the ids of prompts and those chosen
 * greedily after them, plainly and with drafts looked up in the text. Makes the models first, out of
 * Python packages, in .cache/real-models; says so and passes where those cannot be had.
 *
 *   compare.ts [names of models]
 */
import { fromFileUrl, join } from "@std/path";
import { exists } from "@std/fs";
import { createDecoder, type DecoderOptions } from "../../src/decode/decoder.ts";
import { GREEDY } from "../../src/decode/types.ts";
import { promptLookup } from "../../src/draft/prompt_lookup.ts";
import { ModelFolder } from "../../src/engine/model_folder.ts";
import { encodePrompt } from "../../src/engine/text/prompt_encoding.ts";
import { collect } from "../decode/collect.ts";
import { EXIT_UNAVAILABLE } from "../setup/adapter.ts";
import { ensureAdapter } from "../setup/ensure_adapter.ts";

/** Published models, by the names that make_models.py has for them. */
const MODELS = ["smollm2", "gemma3"];

const HERE = fromFileUrl(new URL("./", import.meta.url));
const CACHE = join(HERE, "../../.cache/real-models");

/** How make_models.py ends where it cannot have what it needs. */
const PYTHON_UNAVAILABLE = 75;

/** What the library says to a message, by the model's chat template, or to a prompt as it is. */
interface GoldenCase {
  message?: string;
  prompt?: string;
  prompt_ids: number[];
  greedy_ids: number[];
}

async function main(names: readonly string[]): Promise<number> {
  if (await ensureAdapter() !== 0) return EXIT_UNAVAILABLE;
  let differences = 0;
  for (const name of names) {
    const folder = join(CACHE, name);
    const missing = await exists(folder) ? null : await make(name, folder);
    if (missing !== null) console.log(`${name}: skipped, ${missing}`);
    else differences += await compare(name, folder);
  }
  return differences === 0 ? 0 : 1;
}

/** Makes the model's folder. Returns why that is not possible here, or null when it is there. */
async function make(name: string, folder: string): Promise<string | null> {
  console.log(`${name}: fetching and writing ${folder}, about a minute`);
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("python3", {
      args: [join(HERE, "make_models.py"), name, folder, join(CACHE, "packages")],
      stdout: "inherit",
      stderr: "piped",
    }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "python3 is not installed";
    throw error;
  }
  const reason = new TextDecoder().decode(output.stderr).trim();
  if (output.code === PYTHON_UNAVAILABLE) return `its packages cannot be had: ${reason}`;
  if (!output.success) throw new Error(`make_models.py failed\n${reason}`);
  return null;
}

/** Prints how many cases are equal, and each that is not; returns the number of those. */
async function compare(name: string, path: string): Promise<number> {
  const cases: GoldenCase[] = JSON.parse(
    await Deno.readTextFile(join(HERE, "golden", `${name}.json`)),
  );
  const folder = await ModelFolder.open(path);
  const text = await folder.text();
  const contextLength = 32 +
    Math.max(...cases.map(({ prompt_ids, greedy_ids }) => prompt_ids.length + greedy_ids.length));
  using opened = await folder.load({ contextLength });
  const options: DecoderOptions = { kv: "f32" };
  using plain = createDecoder(opened.model, options);
  using drafting = createDecoder(opened.model, options, promptLookup({ drafts: 3 }));
  const differences: string[] = [];
  for (const { message, prompt, prompt_ids: promptIds, greedy_ids: expected } of cases) {
    const asked = message ?? prompt!;
    const { ids } = encodePrompt(
      text,
      message === undefined ? { text: asked } : { messages: [{ role: "user", content: message }] },
    );
    if (ids.join() !== promptIds.join()) {
      differences.push(`${JSON.stringify(asked)}: the prompt's ids are ${ids}`);
    }
    for (const [how, decoder] of [["plainly", plain], ["by prompt lookup", drafting]] as const) {
      const found = await collect(decoder, {
        promptIds,
        maxTokens: expected.length,
        sampling: GREEDY,
        eosTokenIds: folder.config.eosTokenIds,
      });
      if (found.ids.join() === expected.join()) continue;
      const at = found.ids.findIndex((id, i) => id !== expected[i]);
      differences.push(`${JSON.stringify(asked)}: id ${at} of ${expected.length} differs ${how}`);
    }
  }
  for (const difference of differences) console.log(`${name}: ${difference}`);
  console.log(`${name}: ${cases.length} prompts, ${differences.length} differences`);
  return differences.length;
}

if (import.meta.main) Deno.exit(await main(Deno.args.length > 0 ? Deno.args : MODELS));
