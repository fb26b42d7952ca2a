import { assertEquals } from "@std/assert";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { commandHint, flagHint } from "../../../src/cli/flags/other_names.ts";
import { CHAT_FLAGS } from "../../../src/cli/chat/flags.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";

const COMMAND_NAMES = COMMANDS.map(({ name }) => name);

function commandOf(word: string): string {
  return commandHint(word, COMMAND_NAMES, "see --help");
}

function flagOf(word: string, flags: object = GENERATE_FLAGS): string {
  return flagHint(word, Object.keys(flags), "see --help");
}

Deno.test("commands of other programs lead to those here", () => {
  assertEquals(commandOf("run"), "; did you mean chat -m MODEL?");
  assertEquals(commandOf("ls"), "; did you mean models?");
  assertEquals(commandOf("generat"), "; did you mean generate?");
  assertEquals(commandOf("toString"), "; see --help");
});

Deno.test("flags of other programs lead to those here, however they are spelt", () => {
  assertEquals(flagOf("n-predict"), "; did you mean --max-tokens?");
  assertEquals(flagOf("n_predict"), "; did you mean --max-tokens?");
  assertEquals(flagOf("num-ctx", CHAT_FLAGS), "; did you mean --context-length?");
  assertEquals(flagOf("temprature"), "; did you mean --temperature?");
  assertEquals(flagOf("constructor"), "; see --help");
});

Deno.test("a flag is suggested only where the command has it", () => {
  assertEquals(flagOf("prompt-file"), "; did you mean --file?");
  assertEquals(flagOf("n-predict", { json: 1 }), "; see --help");
});
