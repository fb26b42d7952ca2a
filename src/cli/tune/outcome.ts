/** How a search for the fastest settings ends. */

import { ExitCode } from "../exit_codes.ts";
import type { InterruptScope } from "../terminal/interrupts.ts";
import type { Output } from "../terminal/output.ts";

/** Says that it was stopped before anything was tried, and returns the exit code. */
export function nothingTried({ exitCode }: InterruptScope, output: Output): number {
  output.say("stopped before anything was tried; nothing is kept");
  return exitCode;
}

/** Says where the best is kept, and who uses it or that there might be better ones; returns the exit code. */
export function sayKept(
  path: string,
  { isWhole, users, interrupt }: { isWhole: boolean; users: string; interrupt: InterruptScope },
  output: Output,
): number {
  output.say(
    isWhole
      ? `kept in ${path}; ${users} from now on`
      : `stopped early; the best so far is kept in ${path}`,
  );
  return isWhole ? ExitCode.ok : interrupt.exitCode;
}

/** The day of a measurement, ISO 8601. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
