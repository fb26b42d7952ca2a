/**
 * The first thing a newcomer sees: a chat where there is a terminal on both ends, otherwise the
 * answer to one fixed message on stdout, with what it cost on stderr.
 */
import { runProgram } from "../../src/cli/program.ts";

const MESSAGE = "I want to find a restaurant in San Jose.";

const isInteractive = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
const args = isInteractive ? ["chat"] : ["generate", "--chat", "-p", MESSAGE];
Deno.exit(await runProgram([...args, ...Deno.args]));
