/** `foretoken generate`: continues one prompt or many and ends. */

import type { SamplingSettings } from "../../decode/types.ts";
import { DraftAuditor } from "../../engine/audit/draft_audit.ts";
import type { TextSpan } from "../../engine/text/assembler.ts";
import {
  drain,
  generateText,
  type TextModel,
  type TextResult,
} from "../../engine/text/generate_text.ts";
import { encodePrompt, type Prompt } from "../../engine/text/prompt_encoding.ts";
import { randomSeed } from "../../engine/text/sampling.ts";
import { acceptanceRates, tokensPerForward } from "../../engine/text/statistics.ts";
import { reportAnswer } from "../answers/answer_report.ts";
import { legendLine, writeMarked, writePlain } from "../answers/draft_marks.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { samplingSettings } from "../flags/sampling_flags.ts";
import { readPrompts } from "../input/prompts.ts";
import { openModelOf } from "../open_model.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { type Output, standardOutput } from "../terminal/output.ts";
import type { GenerateFlags } from "./flags.ts";

/** Runs the command and returns the exit code. */
export async function runGenerate(flags: GenerateFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  if (flags.json && flags["show-drafts"]) {
    throw new UsageError("--json and --show-drafts cannot be given together");
  }
  // Prompts first: a typing error should be reported before a model is loaded.
  const prompts = await readPrompts(flags);
  using model = await openModelOf(flags);
  return await generateAll(model, prompts, flags, output);
}

/** Answers the prompts in order. A function of its own, so that tests can bring a model. */
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
  if (flags["show-drafts"]) output.say(legendLine(output, model.drafting));
  using interrupt = new InterruptScope();
  using auditor = new DraftAuditor(model, flags);
  for (const prompt of prompts) {
    await generateOne(model, prompt, {
      flags,
      sampling,
      output,
      auditor,
      signal: interrupt.signal,
    });
    if (interrupt.isInterrupted) return ExitCode.interrupted;
  }
  return ExitCode.ok;
}

interface Context {
  flags: GenerateFlags;
  sampling: SamplingSettings;
  output: Output;
  auditor: DraftAuditor;
  signal: AbortSignal;
}

async function generateOne(model: TextModel, prompt: Prompt, context: Context): Promise<void> {
  const { flags, sampling, output, auditor, signal } = context;
  const { drafting } = model;
  const { text, ids: promptIds } = encodePrompt(model, prompt);
  const request = {
    promptIds,
    maxTokens: flags["max-tokens"],
    stop: flags.stop,
    sampling,
    signal,
  };
  const write = flags["show-drafts"] ? writeMarked : writePlain;
  const writeText = (spans: readonly TextSpan[]) => write(output, spans);
  const answer = await drain(
    generateText(model, request),
    flags.json ? () => Promise.resolve() : writeText,
  );
  if (flags.json) await output.write(jsonLine(text, promptIds, answer, drafting.depth));
  else await output.write(answer.text.endsWith("\n") ? "" : "\n");
  await reportAnswer(output, auditor, { drafting, request, answer });
}

function jsonLine(
  prompt: string,
  promptIds: readonly number[],
  answer: TextResult,
  depth: number,
): string {
  return JSON.stringify({
    prompt,
    text: answer.text,
    prompt_ids: promptIds,
    ids: answer.ids,
    finish_reason: answer.finishReason,
    method: answer.method,
    forwards: answer.forwards,
    tokens_per_forward: tokensPerForward(answer),
    accepted_by_offset: acceptanceRates(answer, depth),
    prompt_seconds: answer.promptSeconds,
    decode_seconds: answer.decodeSeconds,
  }) + "\n";
}
