/** The part of `@std/cli/parse-args` that this project uses, as published in npm's `deno-std`. */

/** What the argument parser is told about the flags. */
export interface ParseOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  negatable?: readonly string[];
  alias?: Record<string, string | readonly string[]>;
  default?: Record<string, unknown>;
  stopEarly?: boolean;
  "--"?: boolean;
  /** Called for an argument that is not declared; returning false leaves it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
/** Parsed flags by name, and the positional arguments in `_`. */
export function parseArgs(
  args: readonly string[],
  options?: ParseOptions,
): { _: (string | number)[]; "--"?: string[]; [flag: string]: unknown };
