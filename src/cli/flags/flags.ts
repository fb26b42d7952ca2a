/**
 * Flags as data: one table per command, from which parsing, validation, help and suggestions all
 * derive.
 *
 * ```ts
 * const FLAGS = { seed: integer({ help: "…", minimum: 0, maximum: 9 }), json: toggle({ help: "…" }) };
 * const { seed, json } = parseFlags("generate", FLAGS, ["--seed", "3"]); // number | undefined, boolean
 * ```
 */

import { parseArgs } from "node:util";
import { type NumberRange, rangeText } from "../../engine/text/sampling.ts";
import { UsageError } from "../errors.ts";
import { expandHome } from "../files.ts";
import { flagHint } from "./other_names.ts";

/** One flag whose value has the type `T`. */
export interface Flag<T> {
  /** What the flag does, for the help page. */
  readonly help: string;
  /** One letter for `-x`. */
  readonly short?: string;
  /** Name of the value on the help page; a flag without one takes no value. */
  readonly placeholder?: string;
  /** Value when the flag is not given. */
  readonly initial: T;
  /** Value after one more `text` was given. Throws a {@linkcode UsageError} if it is not valid. */
  accept(previous: T, text: string, name: string): T;
}

/** The flags of a command by their long names. */
// deno-lint-ignore no-explicit-any -- a table mixes flags of different types
export type FlagTable = Readonly<Record<string, Flag<any>>>;

/** The parsed values of a table, by long name. */
export type FlagValues<Table extends FlagTable> = {
  [Name in keyof Table]: Table[Name] extends Flag<infer T> ? T : never;
};

/** What every kind of flag is made from. */
export interface FlagDescription {
  /** What it does. */
  help: string;
  /** One letter for `-x`. */
  short?: string;
}

/** What a flag with a value is made from. */
export interface ValueFlagDescription extends FlagDescription {
  /** Name of the value on the help page. */
  placeholder: string;
}

/** A flag without a value: false unless it is given. */
export function toggle(text: FlagDescription): Flag<boolean> {
  return { ...text, initial: false, accept: () => true };
}

/** A flag with any text as its value. */
export function text(flag: ValueFlagDescription): Flag<string | undefined> {
  return { ...flag, initial: undefined, accept: (_previous, value) => value };
}

/** A flag with the path of a file or folder as its value, where `~` is the user's home. */
export function path(flag: ValueFlagDescription): Flag<string | undefined> {
  return {
    ...flag,
    initial: undefined,
    accept(_previous, value, name) {
      if (value === "") throw new UsageError(`${name} needs a path that is not empty`);
      return expandHome(value);
    },
  };
}

/** The flag, but refused where it is given twice: the first value would be lost. */
export function once(flag: Flag<string | undefined>): Flag<string | undefined> {
  return {
    ...flag,
    accept(previous, value, name) {
      if (previous === undefined) return flag.accept(previous, value, name);
      const both = `${JSON.stringify(previous)} and ${JSON.stringify(value)}`;
      throw new UsageError(`${name} can be given once, but there are ${both}`);
    },
  };
}

/** A flag with a path as its value that may be given many times. */
export function paths(flag: ValueFlagDescription): Flag<readonly string[]> {
  const { accept, ...many } = texts(flag);
  return {
    ...many,
    accept: (previous, value, name) => accept(previous, expandHome(value), name),
  };
}

/** A flag that may be given many times, each time with a text that is not empty. */
export function texts(flag: ValueFlagDescription): Flag<readonly string[]> {
  return {
    ...flag,
    initial: [],
    accept(previous, value, name) {
      if (value === "") throw new UsageError(`${name} needs a text that is not empty`);
      return [...previous, value];
    },
  };
}

/** A flag with a number as its value. */
export function number<Initial extends number | undefined = undefined>(
  flag: ValueFlagDescription & NumberRange & { initial?: Initial },
): Flag<number | Initial> {
  return numeric(flag, "a number", Number.isFinite);
}

/** A flag with a whole number as its value. */
export function integer<Initial extends number | undefined = undefined>(
  flag: ValueFlagDescription & NumberRange & { initial?: Initial },
): Flag<number | Initial> {
  return numeric(flag, "a whole number", Number.isSafeInteger);
}

function numeric<Initial extends number | undefined>(
  flag: ValueFlagDescription & NumberRange & { initial?: Initial },
  noun: string,
  isOfKind: (value: number) => boolean,
): Flag<number | Initial> {
  return {
    ...flag,
    initial: flag.initial as Initial,
    accept(_previous, text, name) {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
      if (!isOfKind(value) || value < flag.minimum || value > flag.maximum) {
        const found = Number.isFinite(value) ? text : JSON.stringify(text);
        throw new UsageError(`${name} needs ${noun} ${rangeText(flag, value)}, not ${found}`);
      }
      return value;
    },
  };
}

/** A flag with whole numbers separated by commas, such as layers. */
export function integers(flag: ValueFlagDescription): Flag<number[] | undefined> {
  return {
    ...flag,
    initial: undefined,
    accept(_previous, text, name) {
      if (/^\d{1,4}(,\d{1,4})*$/.test(text)) return text.split(",").map(Number);
      throw new UsageError(
        `${name} needs whole numbers separated by commas, not ${JSON.stringify(text)}`,
      );
    },
  };
}

/** A flag whose value is one of a few words. */
export function choice<Word extends string>(
  flag: FlagDescription & { words: readonly Word[]; initial: Word },
): Flag<Word> {
  return {
    ...flag,
    placeholder: flag.words.join("|"),
    accept(_previous, value, name) {
      const word = flag.words.find((candidate) => candidate === value);
      if (word !== undefined) return word;
      throw new UsageError(
        `${name} needs ${flag.words.join(" or ")}, not ${JSON.stringify(value)}`,
      );
    },
  };
}

/**
 * Reads the arguments of a command.
 *
 * @throws UsageError for an unknown flag (naming the nearest), a missing or wrong value, or an
 * argument that is not a flag.
 */
export function parseFlags<Table extends FlagTable>(
  command: string,
  table: Table,
  args: readonly string[],
): FlagValues<Table> {
  return parseArguments(command, table, args, 0).flags;
}

/**
 * Reads the arguments of a command that takes words beside its flags, such as the name of a model.
 *
 * @param maxWords how many there may be.
 * @throws UsageError as {@linkcode parseFlags}, and for more words.
 */
export function parseArguments<Table extends FlagTable>(
  command: string,
  table: Table,
  args: readonly string[],
  maxWords: number,
): { flags: FlagValues<Table>; words: string[] } {
  const values = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [name, flag.initial]),
  );
  const words: string[] = [];
  for (const token of tokenize(table, args)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (words.length === maxWords) throw unexpectedWord(command, table, token.value, maxWords);
      words.push(token.value);
      continue;
    }
    const flag = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (flag === undefined) throw unknownFlag(command, table, token.rawName);
    const value = valueOf(command, table, flag, token);
    values[token.name] = flag.accept(values[token.name], value, token.rawName);
  }
  return { flags: values as FlagValues<Table>, words };
}

interface OptionToken {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

function tokenize(table: FlagTable, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => {
      const type: "string" | "boolean" = flag.placeholder === undefined ? "boolean" : "string";
      return [name, flag.short === undefined ? { type } : { type, short: flag.short }];
    }),
  );
  // Not strict: node's own complaints name neither the nearest flag nor the command.
  const settings = { strict: false, tokens: true, allowPositionals: true } as const;
  return parseArgs({ args: [...args], options, ...settings }).tokens;
}

function valueOf(command: string, table: FlagTable, flag: Flag<unknown>, token: OptionToken) {
  if (flag.placeholder === undefined) {
    if (token.value === undefined) return "";
    throw new UsageError(`${token.rawName} takes no value; see foretoken ${command} --help`);
  }
  // In `--model --json` the model was forgotten; `--model=--json` can still name such a folder.
  const isFlag = !token.inlineValue && token.value?.startsWith("--") &&
    Object.hasOwn(table, token.value.slice(2));
  if (token.value === undefined || isFlag) {
    throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${flag.placeholder}`);
  }
  // As in `-p=hi`, which is `hi` after `--prompt=` as well.
  const isShort = token.inlineValue && !token.rawName.startsWith("--");
  return isShort ? token.value.replace(/^=/, "") : token.value;
}

function unexpectedWord(
  command: string,
  table: FlagTable,
  word: string,
  maxWords: number,
): UsageError {
  const takesText = Object.values(table).some((flag) => flag.placeholder === "TEXT");
  const quotes = takesText ? "; a text of several words needs quotes" : "";
  const hint = "prompt" in table ? `; a prompt is given with -p${quotes}` : quotes;
  const taken = maxWords === 0 ? "flags only" : "one word beside its flags";
  return new UsageError(
    `${command} takes ${taken}, but there is ${JSON.stringify(word)}${hint}; ` +
      `see foretoken ${command} --help`,
  );
}

function unknownFlag(command: string, table: FlagTable, rawName: string): UsageError {
  const otherwise = `see foretoken ${command} --help`;
  const hint = rawName.startsWith("--")
    ? flagHint(rawName.slice(2), Object.keys(table), otherwise)
    : `; ${otherwise}`;
  return new UsageError(`${command} has no flag ${rawName}${hint}`);
}
