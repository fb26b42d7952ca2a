import type { KernelRequest } from "../../decode/types.ts";
import { DraftAuditor } from "../../engine/audit/draft_audit.ts";
import type { TextModel } from "../../engine/text/generate_text.ts";
import {
  scoreAnswer,
  type ScoredToken,
  type ScoreRequest,
} from "../../engine/text/scores/logprobs.ts";
import { requireTemplate } from "../../engine/text/prompts/prompt_encoding.ts";
import { randomSeed } from "../../engine/text/sampling.ts";
import { endingText } from "../answers/answer_lines.ts";
import { reportAnswer } from "../answers/answer_report.ts";
import { AnswerWriter } from "../answers/answer_writer.ts";
import { legendLine } from "../answers/draft_marks.ts";
import { streamAnswer } from "../answers/stream_answer.ts";
import type { DataError } from "../../format/errors.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { requirePlaceUnlessThere } from "../files.ts";
import {
  type ResolvedSampling,
  resolveSampling,
  samplingText,
  withSeed,
} from "../flags/resolved_sampling.ts";
import { idleFlagLines, type PromptKinds } from "../flags/idle_flags.ts";
import { thinkingObstacle, thinkingOf } from "../flags/thinking_flags.ts";
import type { PromptLabel, PromptRecord } from "../input/prompt_record.ts";
import { type Prompts, readPrompts } from "../input/prompts.ts";
import { openModelOf } from "../open_model.ts";
import { promptCacheOf } from "../prompt_cache.ts";
import { describeCount } from "../progress/facts.ts";
import { Progress, showProgress } from "../progress/progress.ts";
import { compileKernels } from "../progress/compile_kernels.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { type Output, standardOutput } from "../terminal/output.ts";
import { answerLine, refusalLine } from "./answer_line.ts";
import { atPlace, encodeAll, type EncodedRecord, encodeEach } from "./encoded_prompts.ts";
import { GENERATE_SAMPLING, type GenerateFlags } from "./flags.ts";

/** `foretoken generate`: continues one prompt or many and ends. Returns the exit code. */
export async function runGenerate(flags: GenerateFlags): Promise<number> {
  showProgress(!flags.quiet);
  const output = standardOutput({ noColor: flags["no-color"] });
  if (flags.json && flags["show-drafts"]) {
    throw new UsageError("--json and --show-drafts cannot be given together");
  }
  if (flags.logprobs !== undefined && !flags.json) throw new UsageError("--logprobs needs --json");
  // What is wrong on the command line should be reported before a model is loaded.
  thinkingOf(flags);
  await requirePlaceUnlessThere("--prompt-cache", flags["prompt-cache"]);
  const prompts = await readPrompts(flags, Deno.stdin, remarks(output));
  const needsTemplate = isList(prompts) && prompts.some(isConversation);
  using model = await openModelOf(flags, needsTemplate ? requireTemplate : undefined);
  return await generateAll(model, prompts, flags, output);
}

/** Answers the prompts in order. A function of its own, so that tests can bring a model. */
export async function generateAll(
  model: TextModel,
  prompts: Prompts,
  flags: GenerateFlags,
  output: Output,
): Promise<number> {
  const kinds = kindsOf(prompts, flags, model);
  // Without messages the template matters to nobody; another line says that.
  const obstacle = kinds.hasMessages ? thinkingObstacle(model, thinkingOf(flags)) : null;
  if (obstacle !== null) output.say(obstacle);
  if (flags.sampling === "model") {
    for (const problem of model.generationDefaults.problems) output.say(problem);
    if (!flags.quiet) remarks(output)(`sampling: ${samplingText(samplingOf(flags, model))}`);
  }
  idleFlagLines(flags, model, kinds).forEach(remarks(output));
  if (flags["show-drafts"]) output.say(legendLine(output, model.drafting));
  const cache = promptCacheOf(flags, model, remarks(output));
  await cache?.load();
  const exitCode = await answerAll(model, prompts, flags, output);
  await cache?.save();
  return exitCode;
}

async function answerAll(
  model: TextModel,
  prompts: Prompts,
  flags: GenerateFlags,
  output: Output,
): Promise<number> {
  const options = { think: thinkingOf(flags) };
  // As long as there is nothing to keep, Ctrl-C ends the program by itself, also while a driver compiles.
  const encoded = isList(prompts) ? await encodeAll(model, prompts, options) : [];
  await compileKernels(model, requestOf(encoded, flags, model));
  using interrupt = new InterruptScope();
  using auditor = new DraftAuditor(model, flags);
  const { signal } = interrupt;
  let exitCode: number = ExitCode.ok;
  const refuse = async (label: PromptLabel | undefined, error: DataError) => {
    exitCode = ExitCode.badData;
    output.say(output.style.red(error.message));
    await output.write(refusalLine(label, error));
  };
  // Who writes lines one after the other needs an answer to each.
  const onRefusal = flags.json ? refuse : undefined;
  const records = isList(prompts)
    ? encoded
    : encodeEach(model, prompts, { ...options, signal, onRefusal });
  for await (const record of records) {
    const own = { ...flags, ...record.options };
    const context = { flags: own, output, auditor, signal };
    await atPlace(record, () => generateOne(model, record, context));
    if (interrupt.isInterrupted) break;
  }
  return interrupt.isInterrupted ? interrupt.exitCode : exitCode;
}

/** What the prompts make the decoder do. */
function requestOf(
  encoded: readonly EncodedRecord[],
  flags: GenerateFlags,
  model: TextModel,
): KernelRequest {
  return {
    promptLengths: encoded.map(({ encoded: { ids } }) => ids.length),
    sampling: samplingOf(flags, model).settings,
  };
}

function isList(prompts: Prompts): prompts is readonly PromptRecord[] {
  return Array.isArray(prompts);
}

/** What is true of all prompts; of those that are still to come, nothing is known. */
function kindsOf(prompts: Prompts, flags: GenerateFlags, model: TextModel): PromptKinds {
  if (!isList(prompts)) return { isGreedy: false, hasMessages: true };
  const temperatures = prompts.map(({ options }) =>
    samplingOf({ ...flags, ...options }, model).settings.temperature
  );
  return {
    isGreedy: temperatures.every((temperature) => temperature === 0),
    hasMessages: prompts.some(isConversation),
  };
}

function isConversation({ prompt }: PromptRecord): boolean {
  return "messages" in prompt;
}

interface Context {
  /** The flags of the command, or what the record says in their place. */
  flags: GenerateFlags;
  output: Output;
  auditor: DraftAuditor;
  signal: AbortSignal;
}

async function generateOne(
  model: TextModel,
  { encoded, label }: EncodedRecord,
  { flags, output, auditor, signal }: Context,
): Promise<void> {
  const isQuiet = flags.quiet;
  const remark = remarks(output);
  const say = isQuiet ? () => {} : remark;
  const sampling = withSeed(samplingOf(flags, model), flags.seed, randomSeed);
  // No report on the answer: without it nobody could have the text again.
  if (sampling.temperature > 0 && flags.seed === undefined) remark(`seed ${sampling.seed}`);
  const { text, ids: promptIds, opened } = encoded;
  const request = {
    promptIds,
    opened,
    maxTokens: flags["max-tokens"],
    stop: flags.stop,
    sampling,
    signal,
  };
  const writer = new AnswerWriter(output, { showsDrafts: flags["show-drafts"], opened });
  const answer = await streamAnswer(model, request, async (spans) => {
    if (!flags.json) await writer.write(spans);
  });
  const { drafting } = model;
  if (flags.json) {
    const answered = { label, prompt: text, request, answer, drafting };
    const logprobs = flags.logprobs === undefined
      ? undefined
      : await logprobsOf(model, { promptIds, ids: answer.ids, top: flags.logprobs, signal });
    await output.write(answerLine({ ...answered, logprobs }));
  } else {
    await writer.end();
    say(endingText(answer, model.decoder));
  }
  await reportAnswer(output, auditor, { drafting, request, answer, isQuiet });
}

async function logprobsOf(model: TextModel, request: ScoreRequest): Promise<ScoredToken[]> {
  using progress = new Progress("reading the answer", describeCount("token"));
  const total = request.promptIds.length + request.ids.length;
  const onProgress = (done: number) => progress.update({ done, total });
  return await scoreAnswer(model, { ...request, onProgress });
}

function samplingOf(
  flags: GenerateFlags,
  { generationDefaults: model }: TextModel,
): ResolvedSampling {
  return resolveSampling(flags, { model, from: flags.sampling, defaults: GENERATE_SAMPLING });
}

/** Lines to standard error that stand back behind the text. */
function remarks(output: Output): (line: string) => void {
  return (line) => output.say(output.style.dim(line));
}
