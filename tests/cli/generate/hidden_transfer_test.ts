/** Answers of the demo model are the same whatever drafts them: the program's parts put together. */

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl } from "@std/path";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { generateAll } from "../../../src/cli/generate/generate.ts";
import { openModelOf } from "../../../src/cli/open_model.ts";
import type { DecodeRequest } from "../../../src/decode/types.ts";
import { PROFILES } from "../../../src/ops/profiles.ts";
import { CheckFailedError } from "../../../src/engine/errors.ts";
import type { OpenModel } from "../../../src/engine/open_model.ts";
import { requireTemplate } from "../../../src/engine/text/prompts/prompt_encoding.ts";
import type { TextModel } from "../../../src/engine/text/generate_text.ts";
import type { DraftSettings } from "../../../src/format/settings/draft_settings.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { DEMO, writeIdentityMaps } from "../../engine/maps_file.ts";
import { goldenCases } from "../../reference_test/demo_weights.ts";
import { PROGRAM_PERMISSIONS } from "../../setup/program.ts";
import { PseudoTerminal, quoted } from "../terminal/pseudo_terminal.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";
import { withoutProgress } from "../without_progress.ts";

const MAIN = fromFileUrl(new URL("../../../main.ts", import.meta.url));
const PROMPTS = (await goldenCases()).filter((_, i) => i % 8 === 0).map(({ prompt }) => prompt);
const scratch = await Deno.makeTempDir();
const MAPS = `${scratch}/maps.safetensors`;
await writeIdentityMaps(MAPS, [3, 5]);

const flagsOf = (...args: string[]) =>
  parseFlags("generate", GENERATE_FLAGS, ["--model", DEMO, "--maps", MAPS, ...args]);

/** Runs `generate` on an open model. */
async function generate(model: TextModel, ...args: string[]): Promise<RecordedOutput> {
  const output = new RecordedOutput();
  await generateAll(model, PROMPTS.map((text) => ({ prompt: { text } })), flagsOf(...args), output);
  return output;
}

interface Answer {
  text: string;
  ids: number[];
  finish_reason: string;
  method: string;
  tokens_per_forward: number;
  accepted_by_offset: number[];
  logprobs: { id: number; top: { id: number }[] }[];
}

async function answers(model: TextModel, ...args: string[]): Promise<Answer[]> {
  const { text } = await generate(model, "--json", ...args);
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** What of an answer must not depend on how it was drafted. */
function essence({ text, ids, finish_reason }: Answer) {
  return { text, ids, finish_reason };
}

const PATHS = [[0], [1], [7], [0, 0], [1, 2]];

/** What is asked for, and what drafts the answer; trees of one node draft nothing. */
const CASES: [request: string[], settings: Partial<DraftSettings>][] = [
  [["-n", "24", "--stop", "the ", "--stop", "\n"], { method: "hidden-transfer", nodes: 1 }],
  [["-n", "24", "--stop", "the ", "--stop", "\n"], { nodes: 6 }],
  [["-n", "23", "--repetition-penalty", "1.3"], { nodes: 6 }],
  [["-n", "32"], { paths: PATHS }],
  [["-n", "24", "--temperature", "0.9", "--seed", "11", "--stop", ", "], { paths: PATHS }],
  [["-n", "21", "--temperature", "1.1", "--seed", "4", "--top-k", "50"], { paths: PATHS }],
];

Deno.test("ids and texts are those of plain decoding: trees, stop strings, sampling, limits", async () => {
  using plain = await openModelOf(flagsOf("--method", "autoregressive"));
  using model = await openModelOf(flagsOf());
  let keptDrafts = 0;
  for (const [request, settings] of CASES) {
    await model.draftBy(settings);
    const drafted = await answers(model, ...request);
    const expected = await answers(plain, ...request);
    assertEquals(drafted.map(essence), expected.map(essence), `${request}`);
    for (const { method, tokens_per_forward, accepted_by_offset } of drafted) {
      assertEquals(method, "hidden-transfer");
      assertEquals(accepted_by_offset.length, model.drafting.depth);
      const kept = accepted_by_offset.reduce((sum, rate) => sum + rate, 0);
      assertAlmostEquals(tokens_per_forward, 1 + kept);
      keptDrafts += kept;
    }
  }
  assert(keptDrafts > 0, "no draft was ever right, so that nothing was proved");
});

Deno.test("--logprobs are the same whatever drafts, and a greedy token is the most probable", async () => {
  using model = await openModelOf(flagsOf());
  const scores: unknown[] = [];
  for (const method of ["autoregressive", "hidden-transfer", "prompt-lookup"]) {
    await model.draftBy({ method });
    const scored = await answers(model, "--logprobs", "2", "-n", "20");
    for (const { ids, logprobs } of scored) {
      assertEquals(logprobs.map(({ id }) => id), ids);
      assertEquals(logprobs.map(({ top: [first] }) => first.id), ids);
      assertEquals(logprobs.map(({ top }) => top.length), ids.map(() => 2));
    }
    scores.push(scored.map(({ logprobs }) => logprobs));
  }
  assertEquals(scores[1], scores[0]);
  assertEquals(scores[2], scores[0]);
});

Deno.test("a model with maps drafts by itself, and --check and --compare agree", async () => {
  using model = await openModelOf(flagsOf());
  const nodes = PROFILES[model.isSoftware ? "scalar" : "gpu"].trees.nodes;
  assertEquals(model.drafting.method, model.isSoftware ? "auto: phrases" : "auto: combined");
  await model.draftBy({ method: "hidden-transfer" });
  assertEquals(model.drafting, {
    method: "hidden-transfer",
    sources: ["hidden-transfer"],
    nodes,
    depth: 2,
  });
  for (const flag of ["--check", "--compare"]) {
    const { lines } = await generate(model, flag, "-n", "24", "--temperature", "1", "--seed", "2");
    const checked = lines.filter((line) => line.startsWith("checked: "));
    assertEquals(checked.length, PROMPTS.length, lines.join("\n"));
    assertEquals(lines[0], "ended after 24 tokens, as --max-tokens says");
    assertMatch(lines[2], /^\d\.\d\d tokens per pass, drafts of hidden-transfer kept \d+% \d+%/);
  }
});

Deno.test("--check catches a decoder that drafts one wrong id, with the model's own logits", async () => {
  using model = await openModelOf(flagsOf("--method", "hidden-transfer"));
  const wrongAt = 5;
  const error = await assertRejects(
    () => generate(withWrongId(model, wrongAt), "--check", "-n", "16"),
    CheckFailedError,
  );
  const found =
    /token (\d+) of the answer: hidden-transfer gives (\d+) .* logit ([-\d.]+), plain decoding (\d+) .* logit ([-\d.]+);/
      .exec(error.message);
  assert(found, error.message);
  const [token, wrongId, wrongLogit, plainId, plainLogit] = found.slice(1).map(Number);
  assertEquals(token, wrongAt + 1);
  assertNotEquals(wrongId, plainId);
  assert(plainLogit > wrongLogit, error.message);
});

Deno.test("the logits of a failed check are those that greedy decoding chooses from", async () => {
  using model = await openModelOf(flagsOf());
  using reference = model.openReference();
  const promptIds = model.tokenizer.encode("I want to find a restaurant in San Jose");
  const { value } = await reference.decoder.decode({
    promptIds,
    maxTokens: 1,
    sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 },
    eosTokenIds: [],
  }).next();
  const logits = await reference.logitsAfter(promptIds);
  assertEquals(value, [logits.indexOf(Math.max(...logits))]);
});

Deno.test("maps for other weights change no token, and one line says so", async () => {
  const other = `${scratch}/other.safetensors`;
  await writeIdentityMaps(other, [3], { baseFingerprint: "0".repeat(64) });
  const command = ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, MAIN, "generate"];
  const drafting = ["--method", "hidden-transfer", "--maps", other];
  const args = [...command, ...drafting, "-p", PROMPTS[0], "-n", "12", "--check"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const said = withoutProgress(new TextDecoder().decode(stderr));
  assertEquals(code, 0, said);
  assertStringIncludes(
    said.split("\n")[0],
    `${other}: these maps of hidden transfer were made for other weights`,
  );
});

Deno.test("unreadable maps, missing ones and unsuitable trees are one clear line each", async () => {
  const broken = `${scratch}/broken.safetensors`;
  await Deno.writeTextFile(broken, "not a tensor");
  const deep = `${scratch}/deep.json`;
  await Deno.writeTextFile(deep, "[[0],[0,0],[0,0,0]]");
  const cases: [string[], typeof DataError | typeof NoInputError, string][] = [
    [["--maps", broken], DataError, broken],
    [["--maps", `${scratch}/none`], NoInputError, `--maps ${scratch}/none: no such file`],
    [["--tree-file", deep], DataError, `${deep}: a tree path of 3 drafts`],
  ];
  for (const [args, kind, complaint] of cases) {
    const { message } = await assertRejects(() => openModelOf(flagsOf(...args)), kind);
    assertStringIncludes(message, complaint);
    assert(!message.includes("\n"));
  }
});

Deno.test("a missing chat template is told before weights and tokenizer are looked for", async () => {
  const folder = await Deno.makeTempDir({ dir: scratch });
  const give = (file: string) => Deno.copyFile(`${DEMO}/${file}`, `${folder}/${file}`);
  await give("config.json");
  const flags = (...args: string[]) =>
    parseFlags("generate", GENERATE_FLAGS, ["--model", folder, ...args]);
  const asked = () => openModelOf(flags(), requireTemplate);
  await assertRejects(asked, DataError, "--chat-template FILE gives it one");
  await assertRejects(() => openModelOf(flags()), NoInputError, "model.safetensors");
  await give("model.safetensors");
  await assertRejects(() => openModelOf(flags()), NoInputError, "tokenizer.json");
  // Of a model of other sizes nothing comes along, and what a method lacks is told as early.
  const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
  const other = JSON.stringify({ ...config, vocab_size: config.vocab_size + 1 });
  await Deno.writeTextFile(`${folder}/config.json`, other);
  await assertRejects(() => openModelOf(flags("--method", "medusa")), NoInputError, "medusa needs");
});

Deno.test("--show-drafts colours kept drafts in a terminal and leaves the text as it is", async () => {
  const program = [Deno.execPath(), "run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, MAIN];
  // With the maps of the model itself, whose drafts are more than line breaks, which have no colour.
  const command = [...program, "generate", "-p", PROMPTS[0], "-n", "40"];
  command.push("--method", "hidden-transfer");
  const plain = await new Deno.Command(command[0], { args: command.slice(1) }).output();
  const text = new TextDecoder().decode(plain.stdout);
  const shown = [...command, "--show-drafts"].map(quoted).join(" ");
  await using terminal = new PseudoTerminal(`${shown} 2>/dev/null`, { columns: 500 });
  const colored = await terminal.ended();
  assertStringIncludes(colored, "\x1b[32m");
  // deno-lint-ignore no-control-regex
  assertEquals(colored.replace(/\x1b\[\d+m/g, "").replace(/\r/g, ""), text);
  await using colorless = new PseudoTerminal(`NO_COLOR=1 ${shown} 2>/dev/null`, { columns: 500 });
  const figures = (await colorless.ended()).replace(/\r/g, "");
  assert(figures.includes("¹") && !figures.includes("\x1b"), figures);
  assertEquals(figures.replace(/[¹²³⁴]/g, ""), text);
});

/** The model, but its decoder answers with another id at one place. */
function withWrongId(model: OpenModel, wrongAt: number): TextModel {
  const { decoder, ...rest } = model;
  return {
    ...rest,
    decoder: {
      contextLength: decoder.contextLength,
      cached: decoder.cached,
      restore: (text) => decoder.restore(text),
      compile: (request) => decoder.compile(request),
      async *decode(request: DecodeRequest) {
        const steps = decoder.decode(request);
        const swap = (id: number, at: number) => at === wrongAt ? (id + 1) % 1000 : id;
        let count = 0;
        for (;;) {
          const { done, value } = await steps.next();
          if (done) return { ...value, ids: value.ids.map(swap) };
          yield value.map((id) => swap(id, count++));
        }
      },
      [Symbol.dispose]() {},
    },
  };
}
