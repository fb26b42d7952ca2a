/** The prompts of `bench`, `analyze` and `tune`: its own, or those of a file in one of the common formats. */

import type { EncodedPrompt } from "../../bench/runs/paired_runs.ts";
import { type BenchPrompt, encodeBenchPrompt, PROMPTS } from "../../bench/runs/prompts.ts";
import { count } from "../../engine/text/count.ts";
import type { PromptModel } from "../../engine/text/prompts/prompt_encoding.ts";
import { messagesFrom } from "../../format/chat/messages.ts";
import { DataError } from "../../format/errors.ts";
import { readJsonl } from "../../format/jsonl.ts";

/** Which prompts to use. */
export interface BenchPromptFlags {
  jsonl: string | undefined;
  /** Most prompts of a category. */
  limit: number | undefined;
}

/** Prompts as ids, and their description for the report. */
export interface EncodedPrompts {
  prompts: EncodedPrompt[];
  description: string;
}

/** Category of prompts that name none. */
const UNNAMED = "prompts";

/**
 * Reads the prompts.
 *
 * @throws DataError naming the line that is none; NoInputError if the file cannot be read.
 */
export async function readBenchPrompts(
  { jsonl, limit = Infinity }: BenchPromptFlags,
): Promise<BenchPrompt[]> {
  const counts = new Map<string, number>();
  return (jsonl === undefined ? PROMPTS : await promptsOfFile(jsonl))
    .filter(({ category }) => {
      const before = counts.get(category) ?? 0;
      counts.set(category, before + 1);
      return before < limit;
    });
}

async function promptsOfFile(path: string): Promise<BenchPrompt[]> {
  const prompts: BenchPrompt[] = [];
  for await (const { line, value } of readJsonl(path)) {
    prompts.push(promptOf(Object(value), `${path}:${line}`));
  }
  if (prompts.length > 0) return prompts;
  throw new DataError(`${path}: there is no prompt in the file`);
}

function promptOf(record: Readonly<Record<string, unknown>>, place: string): BenchPrompt {
  const { prompt, messages, question, turns } = record;
  const found = [prompt, messages, question, turns].filter((field) => field !== undefined);
  if (found.length !== 1) {
    throw new DataError(
      `${place}: expected an object with one of "prompt", "messages", "question" (as in GSM8K) and ` +
        `"turns" (as in Spec-Bench), found ${found.length === 0 ? "none" : found.length} of them`,
    );
  }
  const category = categoryOf(record.category, place);
  if (messages !== undefined) return { category, messages: messagesFrom(messages, place) };
  if (prompt !== undefined) return { category, text: textOf(prompt, `"prompt"`, place) };
  if (question !== undefined) return { category, message: textOf(question, `"question"`, place) };
  // The turns after the first need the answers to those before.
  const first = Array.isArray(turns) ? turns[0] : undefined;
  return { category, message: textOf(first, `the first of "turns"`, place) };
}

function categoryOf(category: unknown, place: string): string {
  if (category === undefined) return UNNAMED;
  const name = textOf(category, `"category"`, place);
  if (name !== "all") return name;
  throw new DataError(`${place}: the category "all" stands for all prompts; take another name`);
}

function textOf(value: unknown, name: string, place: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new DataError(`${place}: ${name} must be a text that is not empty`);
}

/**
 * The prompts as ids; those that leave no room for `maxTokens` tokens are left out.
 *
 * @throws DataError if none is left.
 */
export function encodeBenchPrompts(
  model: PromptModel,
  prompts: readonly BenchPrompt[],
  { contextLength, maxTokens }: { contextLength: number; maxTokens: number },
): EncodedPrompts {
  const encoded = prompts.map((prompt) => ({
    category: prompt.category,
    ids: encodeBenchPrompt(model, prompt),
  }));
  const fitting = encoded.filter(({ ids }) => ids.length + maxTokens <= contextLength);
  const tooLong = encoded.length - fitting.length;
  if (fitting.length === 0) {
    throw new DataError(
      `no prompt leaves room for ${maxTokens} tokens in the context of ${contextLength}; ` +
        `give a smaller --max-tokens or shorter prompts`,
    );
  }
  const categories = new Set(fitting.map(({ category }) => category)).size;
  const parts = [
    `${count(fitting.length, "prompt")} in ${count(categories, "category", "categories")}`,
    `${maxTokens} tokens each`,
    ...(tooLong > 0 ? [`${tooLong} left out as too long`] : []),
  ];
  return { prompts: fitting, description: parts.join(", ") };
}
