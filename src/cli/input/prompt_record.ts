/** The lines of `generate --jsonl`: a prompt each, and what is set for it alone. */

import { suggestion } from "../../engine/nearest.ts";
import type { Prompt } from "../../engine/text/prompts/prompt_encoding.ts";
import { DataError, malformed, quote } from "../../format/errors.ts";
import { isJsonObject, type JsonObject } from "../../format/json.ts";
import { UsageError } from "../errors.ts";
import { ANSWER_FLAGS, type AnswerFlags } from "../generate/flags.ts";
import { messagesFrom } from "../../format/chat/messages.ts";

/** What the answer to a line is told by: the line's `id`, or else its number. */
export type PromptLabel = { id: string | number } | { line: number };

/** A prompt, and what its line says beside it. */
export interface PromptRecord {
  prompt: Prompt;
  /** File and line, for messages; left out for a single prompt. */
  place?: string;
  label?: PromptLabel;
  /** What it asks for in place of the flags. */
  options?: Partial<AnswerFlags>;
}

/** A line that holds no prompt. */
export interface RefusedLine {
  label: PromptLabel;
  /** Its message begins with file and line. */
  error: DataError;
}

const OPTION_KEYS = Object.keys(ANSWER_FLAGS).map((name) => name.replaceAll("-", "_"));
const KEYS = ["id", "prompt", "messages", ...OPTION_KEYS];

/**
 * The prompt of a line: an object with either `prompt` or `messages`; it may have an `id`, and the
 * flags of an answer, such as `max_tokens`, as they are called there with underscores. Keys that are
 * null count as left out.
 *
 * @param place file and line, for messages.
 * @throws DataError that names the place and the key.
 */
export function promptFromRecord(value: unknown, line: number, place: string): PromptRecord {
  if (!isJsonObject(value)) throw noPrompt(place);
  const record: JsonObject = Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== null),
  );
  const unknown = Object.keys(record).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    const hint = suggestion(unknown, KEYS, `there are ${KEYS.join(", ")}`);
    throw new DataError(`${place}: there is no key ${quote(unknown)} of a prompt${hint}`);
  }
  return {
    prompt: promptIn(record, place),
    place,
    label: labelIn(record, place) ?? { line },
    options: optionsIn(record, place),
  };
}

/** What tells of a line that may be no prompt. */
export function labelOf(value: unknown, line: number): PromptLabel {
  const id = isJsonObject(value) ? value.id : undefined;
  return typeof id === "string" || typeof id === "number" ? { id } : { line };
}

function promptIn({ prompt, messages }: JsonObject, place: string): Prompt {
  if ((prompt === undefined) === (messages === undefined)) throw noPrompt(place);
  if (messages !== undefined) return { messages: messagesFrom(messages, place) };
  if (typeof prompt === "string" && prompt !== "") return { text: prompt };
  throw new DataError(`${place}: "prompt" must be a text that is not empty`);
}

function noPrompt(place: string): DataError {
  return new DataError(`${place}: expected an object with either "prompt" or "messages"`);
}

function labelIn({ id }: JsonObject, file: string): { id: string | number } | undefined {
  if (id === undefined) return undefined;
  if (typeof id === "string" || typeof id === "number") return { id };
  throw malformed({ file, where: '"id"', found: quote(id), expected: "a text or a number" });
}

function optionsIn(record: JsonObject, place: string): Partial<AnswerFlags> {
  const options: Record<string, unknown> = {};
  for (const key of OPTION_KEYS) {
    if (record[key] === undefined) continue;
    const name = key.replaceAll("_", "-") as keyof AnswerFlags;
    const read = name === "stop" ? stopsFrom : numberFrom;
    try {
      options[name] = read(record[key], `"${key}"`, name);
    } catch (error) {
      throw error instanceof UsageError ? new DataError(`${place}: ${error.message}`) : error;
    }
  }
  return options;
}

/** A number as its flag accepts it. */
function numberFrom(value: unknown, key: string, name: keyof AnswerFlags): unknown {
  if (typeof value !== "number") throw new UsageError(`${key} needs a number, not ${quote(value)}`);
  return ANSWER_FLAGS[name].accept(undefined as never, String(value), key);
}

function stopsFrom(value: unknown, key: string): readonly string[] {
  const stops: unknown[] = Array.isArray(value) ? value : [value];
  if (stops.every((stop) => typeof stop === "string" && stop !== "")) return stops as string[];
  throw new UsageError(`${key} needs a text that is not empty, or a list of such texts`);
}
