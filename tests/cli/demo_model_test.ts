/** The whole program with the demo model on this machine's adapter, from a shell and a terminal. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PROGRAM_PERMISSIONS } from "../setup/program.ts";
import { KEYS, PseudoTerminal, quoted } from "./terminal/pseudo_terminal.ts";
import { withoutProgress } from "./without_progress.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const GOLDEN = new URL("../golden/demo_model.json", import.meta.url);
const PROGRAM = ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, MAIN];
const PROMPT = "Once upon a time there was a little";

/** Words that start the program in a shell. */
const FORETOKEN = [Deno.execPath(), ...PROGRAM].map(quoted).join(" ");

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

async function foretoken(...args: string[]): Promise<Run> {
  return await finished(new Deno.Command(Deno.execPath(), { args: [...PROGRAM, ...args] }));
}

async function shell(line: string): Promise<Run> {
  return await finished(new Deno.Command("sh", { args: ["-c", line] }));
}

async function finished(command: Deno.Command): Promise<Run> {
  const { code, stdout, stderr } = await command.output();
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("generate gives the golden ids for many prompts after one load", async () => {
  const { cases } = JSON.parse(await Deno.readTextFile(GOLDEN)) as {
    cases: { prompt: string; prompt_ids: number[]; greedy_ids: number[] }[];
  };
  const some = cases.slice(0, 4);
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, some.map(({ prompt }) => JSON.stringify({ prompt })).join("\n"));
  const { code, stdout, stderr } = await foretoken(
    "generate",
    "--jsonl",
    path,
    "--json",
    "-n",
    "48",
  );
  assertEquals(code, 0, stderr);
  const answers = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    answers.map(({ prompt_ids }) => prompt_ids),
    some.map(({ prompt_ids }) => prompt_ids),
  );
  assertEquals(answers.map(({ ids }) => ids), some.map(({ greedy_ids }) => greedy_ids));
  assertEquals(stderr.match(/^prompt /gm)?.length, some.length);
});

Deno.test("the prompt may come from standard input, and text and cost go their own ways", async () => {
  const { code, stdout, stderr } = await shell(
    `printf '%s\\n' ${quoted(PROMPT)} | ${FORETOKEN} generate -n 12 --method autoregressive`,
  );
  assertEquals(code, 0, stderr);
  assertEquals(stdout, (await foretoken("generate", "-p", PROMPT, "-n", "12")).stdout);
  assertMatch(stdout, /\w.*\n$/);
  assertMatch(
    withoutProgress(stderr),
    /^ended after 12 tokens.*\nprompt 9 tokens, .* s, .*\/s; generated 12 tokens, .* s, .*\/s, \d+ passes\n$/,
  );
});

Deno.test("a seed gives the same text again, another seed another text", async () => {
  const sample = (seed: string) =>
    foretoken("generate", "-p", PROMPT, "-n", "24", "--temperature", "1", "--seed", seed);
  const [first, again, other] = [await sample("1"), await sample("1"), await sample("2")];
  assertEquals(first.stdout, again.stdout);
  assertNotEquals(first.stdout, other.stdout);
});

Deno.test("a stop string ends the text and is no part of it", async () => {
  const { stdout } = await foretoken("generate", "-p", PROMPT, "-n", "48", "--stop", "night");
  const { stdout: whole } = await foretoken("generate", "-p", PROMPT, "-n", "48");
  assertStringIncludes(whole, "night");
  assertEquals(stdout, whole.slice(0, whole.indexOf("night")) + "\n");
});

Deno.test("a reader that goes away ends the program quietly", async () => {
  const { stdout, stderr } = await shell(
    `{ ${FORETOKEN} generate -p ${quoted(PROMPT)} -n 400; echo "exit=$?" >&2; } | head -c 10`,
  );
  assertEquals(stdout.length, 10);
  assertEquals(withoutProgress(stderr), "exit=0\n");
});

Deno.test("Ctrl-C ends generate with 130 after what was made so far", async () => {
  const process = new Deno.Command(Deno.execPath(), {
    args: [...PROGRAM, "generate", "-p", PROMPT, "-n", "480"],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  const first = await reader.read();
  let text = decode(first.value ?? new Uint8Array());
  if (!first.done) process.kill("SIGINT"); // Otherwise it ended by itself, and stderr says why.
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += decode(read.value);
  }
  const { code } = await process.status;
  const stderr = await new Response(process.stderr).text();
  assertEquals(code, 130, stderr);
  assertMatch(text, /\w[^]*\n$/);
  const generated = Number(/generated (\d+) tokens?/.exec(stderr)?.[1]);
  assert(generated > 0 && generated < 480, stderr);
});

Deno.test("a prompt longer than the context is refused with both numbers", async () => {
  const { code, stderr } = await foretoken("generate", "-p", "word ".repeat(600));
  assertEquals(code, 65);
  assertMatch(stderr, /the prompt has \d+ tokens, but the context of demo holds 512/);
});

Deno.test("chat answers each line of a pipe and nothing else on standard output", async () => {
  const { code, stdout, stderr } = await shell(
    `printf 'I want to find a restaurant in San Jose.\\nItalian, please.\\n' | ` +
      `${FORETOKEN} chat --temperature 0`,
  );
  assertEquals(code, 0, stderr);
  assertEquals(stderr.match(/^prompt /gm)?.length, 2);
  // The second prompt holds the first answer, whose keys and values are still there.
  assertMatch(stderr, /\(\d+ reused\)/);
  assert(!/[<>]/.test(stdout), stdout);
});

Deno.test("the chat talks in a terminal, and leaves it as it was", async () => {
  const state = await Deno.makeTempDir();
  await using terminal = new PseudoTerminal(
    `export XDG_STATE_HOME=${quoted(state)}; trap : INT; before=$(stty -g); ` +
      `${FORETOKEN} chat --temperature 0; echo "exit=$?"; ` +
      `test "$before" = "$(stty -g)" && echo terminal=restored`,
  );
  await terminal.waitFor("/help lists", "> ");
  await terminal.say("I want to find a restaurant in San Jose.", /generated \d+\s+tokens/, "> ");
  await terminal.say("Italian, please.", /generated \d+\s+tokens/, "> ");
  await terminal.type(KEYS.ctrlD);
  const rest = await terminal.ended();
  assertStringIncludes(rest, "exit=0\r\n");
  assertStringIncludes(rest, "terminal=restored");
});
