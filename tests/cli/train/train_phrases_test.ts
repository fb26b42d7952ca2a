/** Phrases from the command line, counted in texts that are there and in those that the model writes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { exists } from "@std/fs";
import { openPhrases, type Phrases } from "../../../src/format/trained/phrases.ts";
import { demoConfig } from "../../model/demo_model.ts";
import { DATA, DEMO, LINES, program, scratch, SENTENCE, train } from "./run_train.ts";

Deno.test("phrases are counted to the same bits, without a GPU", async () => {
  const [first, second] = [`${scratch}/first.safetensors`, `${scratch}/second.safetensors`];
  const counted = await train("phrases", "--data", DATA, "--lists", "40", "-o", first);
  assertEquals([counted.code, counted.stdout], [0, ""], counted.stderr);
  assertMatch(
    counted.stderr,
    /^demo: \d+ tokens of 49 texts; tokens per step on 1 held text: [12]\.\d\d with 2 nodes, /m,
  );
  assertMatch(counted.stderr, /^.*first\.safetensors written after \d+ s: 40 lists of up to 4 /m);
  const again = await train("phrases", "--data", DATA, "--lists", "40", "-o", second);
  assertEquals(again.code, 0, again.stderr);
  assertEquals(await Deno.readFile(first), await Deno.readFile(second));
  using phrases = await openPhrases(first, await demoConfig());
  assertEquals([phrases.lists, phrases.width], [40, 4]);
  // Nearly the same sentences again and again: the longest paths are right.
  assert(phrases.gains![16] > 6, String(phrases.gains![16]));
});

Deno.test("of a single text, and of a few, the end is measured on", async () => {
  const [single, several] = [`${scratch}/single.txt`, `${scratch}/several.jsonl`];
  await Deno.writeTextFile(single, SENTENCE.repeat(20));
  await Deno.writeTextFile(several, LINES.slice(0, 11).join("\n"));
  for (const [file, learnt, held] of [[single, "1 text", 1], [several, "9 texts", 2]] as const) {
    const { code, stderr } = await train("phrases", "--data", file, "-o", `${scratch}/of-few`);
    assertEquals(code, 0, stderr);
    const about = new RegExp(
      `^demo: \\d+ tokens of ${learnt}; tokens per step on ${held} held text`,
    );
    assertMatch(stderr.slice(stderr.indexOf("demo:")), about);
  }
});

Deno.test("a file in the model's folder is replaced with a word, one that --out names without", async () => {
  const folder = `${scratch}/model`;
  await Deno.mkdir(folder);
  for (
    const file of ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
  ) {
    await Deno.copyFile(`${DEMO}/${file}`, `${folder}/${file}`);
  }
  const out = `${folder}/phrases.safetensors`;
  const told: boolean[] = [];
  for (const flags of [[], ["--out", out], []]) {
    const { code, stderr } = await train("phrases", "-m", folder, "--data", DATA, ...flags);
    assertEquals(code, 0, stderr);
    told.push(stderr.includes(`${out} is there already and will be replaced`));
  }
  assertEquals(told, [false, false, true]);
});

Deno.test("phrases are counted in texts that the model writes, which are kept", async () => {
  const [out, texts] = [`${scratch}/self.safetensors`, `${scratch}/texts`];
  const flags = ["--data", DATA, "--self", "8", "--length", "48", "--keep-texts", texts];
  const written = await train("phrases", ...flags, "-o", out);
  assertEquals(written.code, 0, written.stderr);
  assert(await exists(texts));
  using phrases = await openPhrases(out, await demoConfig());
  const { texts: count, tokens, self } = trainingOf(phrases);
  // What a text goes on from is not counted, and all that follows is, unless it ends.
  assertEquals([count, self, tokens <= 8 * (48 - 32), tokens > 0], [8, 8, true, true]);
});

/** What the program says that is told to stop when it has written some texts. */
async function stoppedWhileWriting(...args: string[]): Promise<string> {
  const process = program(...args).spawn();
  let stderr = "";
  for await (const piece of process.stderr.pipeThrough(new TextDecoderStream())) {
    const [before, now] = [stderr, stderr += piece].map((text) =>
      /^writing texts: [1-9]/m.test(text)
    );
    if (now && !before) process.kill("SIGINT");
  }
  await process.stdout.cancel();
  assertEquals((await process.status).code, 130, stderr);
  return stderr;
}

Deno.test("Ctrl-C keeps the texts that the model has written, and others are written next time", async () => {
  const kept = `${scratch}/broken-off`;
  const flags = ["--self", "100", "--length", "48", "--keep-texts", kept, "--batch", "100"];
  const stderr = await stoppedWhileWriting(
    "medusa",
    "--data",
    DATA,
    ...flags,
    "-o",
    `${kept}.heads`,
  );
  assertMatch(stderr, /^stopped; .*broken-off keeps \d+ texts, and the same command goes on/m);
  assert(!await exists(`${kept}.heads`));
  const whole = await train(
    "phrases",
    "--data",
    DATA,
    ...flags.slice(0, -2),
    "-o",
    `${kept}.phrases`,
  );
  assertEquals(whole.code, 0, whole.stderr);
});

Deno.test("Ctrl-C counts the texts that the model has written", async () => {
  const out = `${scratch}/stopped.safetensors`;
  const flags = ["--data", DATA, "--self", "2000", "--length", "48", "-o", out];
  const stderr = await stoppedWhileWriting("phrases", ...flags);
  const said = stderr.match(/^stopping: counting the (\d+) texts that were written$/m);
  assert(said, stderr);
  using phrases = await openPhrases(out, await demoConfig());
  assertEquals(trainingOf(phrases).texts, Number(said[1]));
  assert(Number(said[1]) >= 20, stderr);
});

Deno.test("a model that is named answers questions that come along", async () => {
  const out = `${scratch}/answers.safetensors`;
  const flags = ["-m", DEMO, "--self", "4", "--length", "96", "-o", out];
  const { code, stderr } = await train("phrases", ...flags);
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /^no --data: the model answers questions that come along, 4 times$/m);
  using phrases = await openPhrases(out, await demoConfig());
  assertEquals(trainingOf(phrases).self, 4);
});

/** How phrases were made, as their file says. */
function trainingOf({ tensors }: Phrases) {
  return JSON.parse(tensors.metadata.get("training")!);
}
