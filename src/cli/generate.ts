/** `foretoken generate`: continues one prompt or many and ends. */

import type { SamplingSettings } from "../decode/types.ts";
import { ExitCode } from "./exit_codes.ts";
import type { GenerateFlags } from "./generate_flags.ts";
import { InterruptScope } from "./interrupts.ts";
import { openModel } from "./open_model.ts";
import { type Output, standardOutput } from "./output.ts";
import { encodePrompt, type Prompt } from "./prompt_encoding.ts";
import { readPrompts } from "./prompts.ts";
import { randomSeed, samplingSettings } from "./sampling_flags.ts";
import { statisticsLine } from "./statistics.ts";
import { drain, generateText, type TextModel, type TextResult } from "./text_generation.ts";

/** Runs the command and returns the exit code. */
export async function runGenerate(flags: GenerateFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  // Prompts first: a typing error should not wait for a model to load.
  const prompts = await readPrompts(flags);
  using model = await openModel(flags);
  return await generateAll(model, prompts, flags, output);
}

/** Answers the prompts in order; split from the opening of the model for tests. */
export async function generateAll(
  model: TextModel,
  prompts: readonly Prompt[],
  flags: GenerateFlags,
  output: Output,
): Promise<number> {
  const sampling = samplingSettings(flags, flags.temperature > 0 ? randomSeed() : 0);
  if (sampling.temperature > 0 && flags.seed === undefined) {
    output.say(output.style.dim(`seed ${sampling.seed}`));
  }
  using interrupt = new InterruptScope();
  for (const prompt of prompts) {
    await generateOne(model, prompt, { flags, sampling, output, signal: interrupt.signal });
    if (interrupt.isInterrupted) return ExitCode.interrupted;
  }
  return ExitCode.ok;
}

interface Context {
  flags: GenerateFlags;
  sampling: SamplingSettings;
  output: Output;
  signal: AbortSignal;
}

async function generateOne(model: TextModel, prompt: Prompt, context: Context): Promise<void> {
  const { flags, sampling, output, signal } = context;
  const { text, ids: promptIds } = encodePrompt(model, prompt);
  const stream = generateText(model, {
    promptIds,
    maxTokens: flags["max-tokens"],
    stop: flags.stop,
    sampling,
    signal,
  });
  const write = flags.json ? () => Promise.resolve() : (piece: string) => output.write(piece);
  const result = await drain(stream, write);
  if (flags.json) await output.write(jsonLine(text, promptIds, result));
  else await output.write(result.text.endsWith("\n") ? "" : "\n");
  output.say(output.style.dim(statisticsLine(promptIds.length, result)));
}

function jsonLine(prompt: string, promptIds: readonly number[], result: TextResult): string {
  return JSON.stringify({
    prompt,
    text: result.text,
    prompt_ids: promptIds,
    ids: result.ids,
    finish_reason: result.finishReason,
    method: result.method,
    forwards: result.forwards,
    prompt_seconds: result.promptSeconds,
    decode_seconds: result.decodeSeconds,
  }) + "\n";
}
