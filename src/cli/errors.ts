/** Errors of the command line, and how every error is reported. */

import { CheckFailedError, OutputFailedError } from "../engine/errors.ts";
import { DataError, NoInputError } from "../format/errors.ts";
import { GpuError, NoGpuError } from "../gpu/errors.ts";
import { CacheError, HubDataError, HubError } from "../hub/errors.ts";
import { ExitCode } from "./exit_codes.ts";

/** The command line cannot be understood; the message is one complete line (exit 64). */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The reader of standard output has closed it, as `head` does; the program ends quietly (exit 0). */
export class OutputClosedError extends Error {
  override name = "OutputClosedError";
}

/** What the program says and how it exits. */
export interface ErrorReport {
  exitCode: number;
  /** One line for stderr, or null where nothing is to be said. */
  line: string | null;
}

/** Turns anything thrown into one line and an exit code. */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof OutputClosedError) return { exitCode: ExitCode.ok, line: null };
  const exitCode = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const isUnforeseen = exitCode === ExitCode.internal && !(error instanceof CheckFailedError);
  const line = isUnforeseen ? `internal error: ${message}` : message;
  return { exitCode, line: oneLine(line) };
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof DataError || error instanceof HubDataError) return ExitCode.badData;
  if (error instanceof NoInputError || error instanceof HubError) return ExitCode.noInput;
  if (error instanceof NoGpuError || error instanceof GpuError) return ExitCode.noGpu;
  if (error instanceof OutputFailedError || error instanceof CacheError) {
    return ExitCode.outputFailed;
  }
  // Files that the formats did not wrap: what the user named is missing or closed to them.
  if (error instanceof Deno.errors.NotFound) return ExitCode.noInput;
  if (error instanceof Deno.errors.PermissionDenied) return ExitCode.noInput;
  if (error instanceof Deno.errors.NotCapable) return ExitCode.noInput;
  return ExitCode.internal;
}

/** Messages may quote file contents; line breaks and terminal codes in them must not get through. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\s*\n\s*/g, " ").replace(/[\x00-\x1f\x7f-\x9f]/g, "�").trim();
}
