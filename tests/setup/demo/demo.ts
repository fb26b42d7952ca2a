/**
 * The first thing a newcomer sees: a chat where there is a terminal on both ends, otherwise the
 * answer to one message on stdout, with the message and what it cost on stderr. Standard input is
 * left alone then: it may be a pipe that nobody closes.
 */
import { fromFileUrl } from "@std/path";
import { runProgram } from "../../../src/cli/program.ts";

const MESSAGE = fromFileUrl(new URL("./demo_message.jsonl", import.meta.url));

const isInteractive = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
if (!isInteractive) {
  const { messages: [{ content }] } = JSON.parse(await Deno.readTextFile(MESSAGE));
  console.error(`> ${content}`);
}
const args = isInteractive ? ["chat"] : ["generate", "--jsonl", MESSAGE];
Deno.exit(await runProgram([...args, ...Deno.args]));
