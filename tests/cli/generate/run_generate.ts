import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { generateAll } from "../../../src/cli/generate/generate.ts";
import type { StandardInput } from "../../../src/cli/input/prompt_text.ts";
import { readPrompts } from "../../../src/cli/input/prompts.ts";
import { fakeModel, type FakeOptions } from "../../engine/fake_model.ts";
import { TERMINAL } from "../input/fake_stdin.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

/** What `generate` with these arguments makes of a fake model. */
export async function generate(
  args: string[],
  fake: Partial<FakeOptions> = {},
  stdin: StandardInput = TERMINAL,
) {
  const output = new RecordedOutput();
  const flags = parseFlags("generate", GENERATE_FLAGS, args);
  const model = fakeModel({ answer: () => " there was", ...fake });
  const prompts = await readPrompts(flags, stdin, (line) => output.say(line));
  const exitCode = await generateAll(model, prompts, flags, output);
  return { exitCode, model, output, request: model.decoder.requests[0] };
}
