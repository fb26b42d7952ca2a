/**
 * Compares models that people know with Python's libraries: the ids of 300 texts, those of prompts through the
 * chat template, and the ids chosen greedily after them: plainly, with drafts looked up in the text, and by
 * hidden transfer with maps that are made on the spot; and every drafting method with plain decoding. Makes the
 * models first, out of Python packages, in .cache/real-models; says so and passes where those cannot be had.
 *
 *   compare.ts [names of models]
 */
import { fromFileUrl, join } from "@std/path";
import { exists } from "@std/fs";
import { createDecoder, type DecoderOptions } from "../../src/decode/decoder.ts";
import { HIDDEN_TRANSFER } from "../../src/draft/hidden_transfer/hidden_transfer.ts";
import { TRANSFER_MAPS } from "../../src/draft/hidden_transfer/load_maps.ts";
import { promptLookup } from "../../src/draft/lookup/prompt_lookup.ts";
import { FolderAssets } from "../../src/engine/drafting/draft_assets.ts";
import { ModelFolder } from "../../src/engine/model_folder.ts";
import { EXIT_UNAVAILABLE } from "../setup/adapter/adapter.ts";
import { ensureAdapter } from "../setup/adapter/ensure_adapter.ts";
import {
  compareIds,
  compareMethods,
  comparePrompts,
  compareTexts,
  type GoldenCase,
} from "./comparisons.ts";
import { makeMaps } from "./make_maps.ts";

/**
 * Published models, by the names that make_models.py has for them: whether maps are made for them, and
 * which of them has the same tokenizer, if one has.
 */
const MODELS: ReadonlyMap<string, { withMaps: boolean; tokenizer?: string }> = new Map([
  ["smollm2", { withMaps: true }],
  ["smollm2q", { withMaps: false, tokenizer: "smollm2" }],
  ["gemma3", { withMaps: false }],
]);

const HERE = fromFileUrl(new URL("./", import.meta.url));
const CACHE = join(HERE, "../../.cache/real-models");

/** How make_models.py ends where it cannot have what it needs. */
const PYTHON_UNAVAILABLE = 75;

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
  const folder = await ModelFolder.open(path);
  const text = await folder.text();
  const cases = await golden<GoldenCase[]>(name);
  const tokenizer = MODELS.get(name)?.tokenizer ?? name;
  const { texts, [tokenizer]: ids } = await golden<Record<string, unknown[]>>("tokens");
  let differences = report(`${name}: ids of`, texts.length, "texts", [
    ...compareTexts(text.tokenizer, texts as string[], ids as number[][]),
  ]);
  differences += report(`${name}: ids of`, cases.length, "prompts", [
    ...comparePrompts(text, cases),
  ]);

  // The program makes the maps as for anybody; the model is on the device once at a time.
  const maps = MODELS.get(name)?.withMaps ? await makeMaps(path, CACHE) : undefined;
  const contextLength = 32 +
    Math.max(...cases.map(({ prompt_ids, greedy_ids }) => prompt_ids.length + greedy_ids.length));
  using opened = await folder.load({ contextLength });
  using assets = await FolderAssets.open(folder, { files: { [TRANSFER_MAPS.method]: maps } });
  const methods = [
    { how: "plainly", method: undefined },
    { how: "by prompt lookup", method: promptLookup({ drafts: 3 }) },
  ];
  if (maps !== undefined) {
    const { create } = await HIDDEN_TRANSFER.load(opened.model, assets);
    methods.push({ how: "by hidden transfer", method: create({ nodes: 8 }) });
  }
  for (const { how, method } of methods) {
    const options: DecoderOptions = { kv: "f32" };
    using decoder = createDecoder(opened.model, options, method);
    const found = await compareIds(decoder, cases, folder.config.eosTokenIds);
    differences += report(
      `${name}: greedy ids ${how} after`,
      cases.length,
      `prompts, ${found.tokensPerPass.toFixed(2)} tokens per pass`,
      found.differences,
    );
  }
  const drafted = await compareMethods(opened.model, assets, cases);
  differences += report(
    `${name}: greedy and drawn ids by`,
    drafted.methods,
    "methods beside plain decoding's",
    drafted.differences,
  );
  return differences;
}

async function golden<Value>(name: string): Promise<Value> {
  return JSON.parse(await Deno.readTextFile(join(HERE, "golden", `${name}.json`)));
}

function report(
  what: string,
  count: number,
  cases: string,
  differences: readonly string[],
): number {
  for (const difference of differences) console.log(`${what} ${difference}`);
  const verdict = differences.length === 0 ? "equal" : `${differences.length} differ`;
  console.log(`${what} ${count} ${cases}: ${verdict}`);
  return differences.length;
}

if (import.meta.main) {
  Deno.exit(await main(Deno.args.length > 0 ? Deno.args : [...MODELS.keys()]));
}
