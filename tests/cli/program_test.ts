/** The program as people start it, as far as no model is loaded. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { COMMANDS } from "../../src/cli/commands.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const PERMISSIONS = ["--no-prompt", "--allow-read", "--allow-env=NO_COLOR,TERM,FORETOKEN_MODEL"];

async function foretoken(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...PERMISSIONS, MAIN, ...args],
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test("the help page names every command and exit code", async () => {
  const { code, stdout, stderr } = await foretoken("--help");
  assertEquals([code, stderr], [0, ""]);
  for (const { name } of COMMANDS) assertMatch(stdout, new RegExp(`^  ${name} `, "m"));
  for (const exitCode of [0, 1, 64, 65, 66, 69, 70, 74, 130, 143]) {
    assertMatch(stdout, new RegExp(`\\b${exitCode} \\w`));
  }
});

Deno.test("each command has a help page with all its flags and examples", async () => {
  for (const { name, flags, examples } of COMMANDS) {
    const { code, stdout } = await foretoken(name, "--help");
    assertEquals(code, 0);
    for (const flag of Object.keys(flags)) assertStringIncludes(stdout, `--${flag}`);
    for (const { line } of examples) assertStringIncludes(stdout, line);
    assert(stdout.split("\n").every((line) => line.length <= 80), "a line is too long");
    assertEquals((await foretoken("help", name)).stdout, stdout);
  }
});

Deno.test("help tells of a part of a command what the part itself tells", async () => {
  const [asked, own] = [["help", "train", "phrases"], ["train", "phrases", "-h"]];
  assertEquals(await foretoken(...asked), await foretoken(...own));
});

Deno.test("the version is one line", async () => {
  const { code, stdout } = await foretoken("--version");
  assertEquals(code, 0);
  assertMatch(stdout, /^foretoken \d+\.\d+\.\d+\n$/);
});

Deno.test("mistakes are one line on standard error and exit with the right code", async () => {
  const cases: [string[], number, string][] = [
    [["generat"], 64, 'there is no command "generat"; did you mean generate?'],
    [["generate", "--temprature", "1"], 64, "did you mean --temperature?"],
    [["generate", "--top-p", "2"], 64, "--top-p needs a number"],
    [["generate"], 64, "the prompt is empty"],
    [["generate", "-p", "x", "--logprobs", "1"], 64, "--logprobs needs --json"],
    [["generate", "-p", "x", "--json", "--show-drafts"], 64, "cannot be given together"],
    [[], 64, "no terminal to chat on"],
    [["--temprature", "1"], 64, "chat has no flag --temprature; did you mean --temperature?"],
    [["-p=hi"], 64, "chat has no flag -p; did you mean foretoken generate -p?"],
    [["chat", "-p", "hi"], 64, "chat has no flag -p; did you mean foretoken generate -p?"],
    [["--jsonl", "x"], 64, "chat has no flag --jsonl; did you mean foretoken generate --jsonl?"],
    [["generate", "-f", "/nowhere"], 66, "/nowhere cannot be read"],
    [["generate", "-p", "x", "--prompt-cache", "/nowhere/x"], 74, "there is no folder /nowhere"],
    [["chat", "--prompt-cache", "/"], 74, "--prompt-cache /: is a folder"],
    [["generate", "-p", "x", "--model", "/nowhere"], 66, "/nowhere: no such folder; a model of"],
    [["run", "x"], 64, 'there is no command "run"; did you mean chat -m MODEL?'],
    [["generate", "--n-predict", "8"], 64, "did you mean --max-tokens?"],
    [["generate", "--jsonl", MAIN], 65, `${MAIN}:1`],
  ];
  for (const [args, exitCode, message] of cases) {
    const { code, stdout, stderr } = await foretoken(...args);
    assertEquals([code, stdout], [exitCode, ""], stderr);
    assertMatch(stderr, /^foretoken: [^\n]+\n$/);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("colours are not written to a pipe", async () => {
  const { stderr } = await foretoken("nonsense");
  assert(!stderr.includes("\x1b"));
});
