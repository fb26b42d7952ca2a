/** JSON from untrusted files: parsed, and read field by field. */

import { parseWithExact } from "./exact_numbers.ts";
import { refuseMistaken } from "./mistaken_file.ts";
import { DataError, malformed, quote } from "./errors.ts";
import { readText, readTextIfThere } from "./files.ts";

/** Largest config-like JSON file that is read, in bytes. */
export const CONFIG_FILE_LIMIT = 64 * 2 ** 20;

/** A parsed JSON object. Its keys come from a file: only own properties count. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses JSON text; `file` and `where` are for the message. */
export function parseJson(text: string, file: string, where?: string): unknown {
  return parseWith(JSON.parse, text, file, where);
}

/** Parses JSON with messages in it, whose calls of tools keep their numbers as they are written. */
export function parseMessagesJson(text: string, file: string): unknown {
  const key = "tool_calls";
  const parse = text.includes(key) ? () => parseWithExact(text, key) : JSON.parse;
  return parseWith(parse, text, file);
}

function parseWith(
  parse: (text: string) => unknown,
  text: string,
  file: string,
  where?: string,
): unknown {
  try {
    return parse(text);
  } catch (error) {
    refuseMistaken(text, file, "JSON");
    const place = where === undefined ? file : `${file}: ${where}`;
    throw new DataError(`${place}: is not valid JSON: ${problemOf(error)}`, { cause: error });
  }
}

/** What `JSON.parse` found, without saying once more that this is no JSON. */
export function problemOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ is not valid JSON$/, "");
}

/**
 * Parses the JSON of a file that comes with a model, as {@linkcode parseJson} does; one that has not
 * arrived in full is told.
 */
export function parseModelJson(text: string, file: string): unknown {
  try {
    return parseJson(text, file);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const lack = lackOf(text, error.cause);
    throw lack === null
      ? error
      : new DataError(`${error.message}; ${lack}: get it again`, { cause: error });
  }
}

/** What is missing of text that was JSON before it was copied or fetched; null where that cannot be told. */
function lackOf(text: string, problem: unknown): string | null {
  // Room that was set aside for a file, and never written to, reads as zeros.
  if (text.includes("\0")) return "a part of the file was never written";
  return endsTooEarly(text, problem) ? "the file is cut off" : null;
}

/** Whether text is no JSON for what is missing at its end. */
function endsTooEarly(text: string, problem: unknown): boolean {
  if (!(problem instanceof SyntaxError)) return false;
  const position = problem.message.match(/ at position (\d+)/)?.[1];
  return position === undefined
    ? problem.message.includes("end of JSON input")
    : Number(position) === text.length;
}

/** Whether the value is an object, not an array and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as an object, or a DataError that names the place. */
export function requireObject(value: unknown, file: string, where?: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw malformed({ file, where, found: quote(value), expected: "a JSON object" });
}

/**
 * The object in a JSON file that comes with a model.
 *
 * @throws {NoInputError} when the file is not there or not readable.
 * @throws {DataError} when it is too large or holds something else.
 */
export async function readJsonObject(
  path: string,
  purpose: string,
  limit = CONFIG_FILE_LIMIT,
): Promise<JsonObject> {
  return requireObject(parseModelJson(await readText(path, purpose, limit), path), path);
}

/** As `readJsonObject`, but null when nothing stands at the path. */
export async function readJsonObjectIfThere(
  path: string,
  purpose: string,
): Promise<JsonObject | null> {
  const text = await readTextIfThere(path, purpose, CONFIG_FILE_LIMIT);
  return text === null ? null : requireObject(parseModelJson(text, path), path);
}

/**
 * The object in a JSON file that this program has written itself, or null when nothing stands at the path.
 * Throws as `readJsonObject` does.
 */
export async function readOwnJsonIfThere(
  path: string,
  purpose: string,
  limit: number,
): Promise<JsonObject | null> {
  const text = await readTextIfThere(path, purpose, limit);
  return text === null ? null : requireObject(parseJson(text, path), path);
}

/** The bounds of a number field and what stands for it when it is absent. */
export interface NumberRule {
  /** Smallest value. */
  min: number;
  /** Largest value. */
  max: number;
  /** Value when the key is absent or null; without it the key must be there. */
  otherwise?: number;
}

/** Reads the fields of one JSON object; every fault becomes a DataError that names file and key. */
export class Fields {
  readonly #object: JsonObject;
  readonly #file: string;
  readonly #prefix: string;
  readonly #next: string | undefined;
  /** What the file calls keys that are read by another name. */
  #written: ReadonlyMap<string, string> = new Map();
  /** Keys that the file leaves out, whose value is the one that is meant then. */
  #leftOut: ReadonlySet<string> = new Set();

  /**
   * @param prefix path to the object within its file, such as `rope_scaling.`.
   * @param next what the reader of an error may do about it.
   */
  constructor(object: JsonObject, file: string, prefix = "", next?: string) {
    this.#object = object;
    this.#file = file;
    this.#prefix = prefix;
    this.#next = next;
  }

  /** The value of an own key; undefined when absent. Null counts as absent, as it does in Python. */
  value(key: string): unknown {
    return Object.hasOwn(this.#object, key) ? this.#object[key] ?? undefined : undefined;
  }

  /** The same fields, and these where a key is absent; one that is null in the file stays so. */
  withDefaults(defaults: JsonObject): Fields {
    const leftOut = Object.keys(defaults).filter((key) => !Object.hasOwn(this.#object, key));
    return this.#with({ ...defaults, ...this.#object }, {
      leftOut: new Set([...this.#leftOut, ...leftOut]),
    });
  }

  /** The same fields, but for these, which count instead of the file's. */
  withValues(values: JsonObject): Fields {
    const leftOut = this.#leftOut.difference(new Set(Object.keys(values)));
    return this.#with({ ...this.#object, ...values }, { leftOut });
  }

  /**
   * The same fields, where those that are only there by another name are read by their usual one, and one that is
   * there by both with the same value counts once.
   */
  withUsualNames(usual: Readonly<Record<string, string>>): Fields {
    const renamed = Object.entries(usual).filter(([other, name]) =>
      this.value(other) !== undefined && !Object.hasOwn(this.#object, name)
    );
    const others = new Map(renamed);
    const isRepeated = (key: string, value: unknown) =>
      Object.hasOwn(usual, key) && value === this.value(usual[key]);
    const entries = Object.entries(this.#object).filter(([key, value]) => !isRepeated(key, value))
      .map(([key, value]) => [others.get(key) ?? key, value] as const);
    const written = new Map(renamed.map(([other, name]) => [name, other]));
    return this.#with(Object.fromEntries(entries), {
      written: new Map([...this.#written, ...written]),
    });
  }

  #with(
    object: JsonObject,
    { written = this.#written, leftOut = this.#leftOut }: {
      written?: ReadonlyMap<string, string>;
      leftOut?: ReadonlySet<string>;
    },
  ): Fields {
    const fields = new Fields(object, this.#file, this.#prefix, this.#next);
    fields.#written = written;
    fields.#leftOut = leftOut;
    return fields;
  }

  /** Where a key stands in the file. */
  #place(key: string): string {
    return `key ${quote(this.#prefix + (this.#written.get(key) ?? key))}`;
  }

  /** The keys that have a value. */
  keys(): string[] {
    return Object.keys(this.#object).filter((key) => this.value(key) !== undefined);
  }

  /** An integer within the bounds, and a multiple of `multipleOf` when given. */
  integer(
    key: string,
    { min, max, otherwise, multipleOf }: NumberRule & { multipleOf?: number },
  ): number {
    const value = this.value(key) ?? otherwise;
    const fits = Number.isSafeInteger(value) && (value as number) >= min &&
      (value as number) <= max && (value as number) % (multipleOf ?? 1) === 0;
    if (fits) return value as number;
    const kind = multipleOf === undefined ? "an integer" : `a multiple of ${multipleOf}`;
    throw this.#orElse(key, otherwise).fault(key, `${kind} from ${min} to ${max}`);
  }

  /** A finite number within the bounds. */
  number(key: string, { min, max, otherwise }: NumberRule): number {
    const value = this.value(key) ?? otherwise;
    if (typeof value === "number" && value >= min && value <= max) return value;
    throw this.#orElse(key, otherwise).fault(key, `a number from ${min} to ${max}`);
  }

  #orElse(key: string, otherwise: number | undefined): Fields {
    return otherwise === undefined ? this : this.withDefaults({ [key]: otherwise });
  }

  /** A boolean. */
  boolean(key: string, otherwise: boolean): boolean {
    const value = this.value(key) ?? otherwise;
    if (typeof value === "boolean") return value;
    throw this.fault(key, "true or false");
  }

  /** A string, or undefined when the key is absent. */
  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "string") return value;
    throw this.fault(key, "a string");
  }

  /** The fields of an object inside this one, or null when the key is absent. */
  object(key: string): Fields | null {
    const value = this.value(key);
    if (value === undefined) return null;
    if (!isJsonObject(value)) throw this.fault(key, "an object");
    return new Fields(value, this.#file, `${this.#prefix}${key}.`, this.#next);
  }

  /** The fields of every object inside this one, by key. */
  objects(): [key: string, fields: Fields][] {
    return Object.keys(this.#object).flatMap((key) => {
      const fields = this.object(key);
      return fields === null ? [] : [[key, fields]];
    });
  }

  /** The DataError for a key whose value is not what was expected. */
  fault(key: string, expected: string, next = this.#next): DataError {
    const value = quote(Object.hasOwn(this.#object, key) ? this.#object[key] : undefined);
    const found = this.#leftOut.has(key) ? `nothing, which stands for ${value}` : value;
    return malformed({ file: this.#file, where: this.#place(key), found, expected, next });
  }

  /** The DataError for one entry of the array or object at a key. */
  entryFault(key: string, entry: string | number, value: unknown, expected: string): DataError {
    const where = `${this.#place(key)}, entry ${quote(entry)}`;
    return malformed({ file: this.#file, where, found: quote(value), expected, next: this.#next });
  }
}
