/** The report of `doctor`. */

import type { KernelCheck } from "../../checks/check.ts";
import type { RowTime } from "../../bench/timing/row_times.ts";
import { count } from "../../engine/text/count.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { ExitCode } from "../exit_codes.ts";
import type { Output } from "../terminal/output.ts";
import type { DoctorFlags } from "./flags.ts";

/** What a check has found. */
export interface CheckReport {
  name: string;
  passed: boolean;
  detail: string;
  seconds: number;
}

/** Facts by heading; the same for people and for programs. */
export type DeviceReport = Record<string, Record<string, string | number | boolean>>;

/** All that was found. */
export interface DoctorReport {
  device: DeviceReport;
  checks: readonly CheckReport[];
  /** What a pass costs by its rows. */
  rows: readonly RowTime[];
}

/** Writes the verdict, and with `--json` the whole report; returns the exit code. */
export async function conclude(
  { device, checks, rows }: DoctorReport,
  flags: Pick<DoctorFlags, "json">,
  output: Output,
): Promise<number> {
  const failed = checks.filter((check) => !check.passed).length;
  const passed = failed === 0;
  if (flags.json) await output.write(JSON.stringify({ ...device, checks, rows, passed }) + "\n");
  else {
    await output.write(
      passed
        ? `${count(checks.length, "check")} passed\n`
        : `${failed} of ${count(checks.length, "check")} failed: this device or its driver ` +
          `computes wrongly; results on it cannot be trusted\n`,
    );
  }
  return passed ? ExitCode.ok : ExitCode.failed;
}

/** Runs the checks in order; one that throws has failed and does not stop the others. */
export async function runChecks(
  gpu: Gpu,
  checks: readonly KernelCheck[],
  report: (check: CheckReport) => Promise<void>,
): Promise<CheckReport[]> {
  const reports: CheckReport[] = [];
  for (const { name, run } of checks) {
    const start = performance.now();
    const { passed, detail } = await outcomeOf(() => run(gpu));
    const seconds = (performance.now() - start) / 1000;
    reports.push({ name, passed, detail, seconds });
    await report(reports[reports.length - 1]);
  }
  return reports;
}

async function outcomeOf(run: () => ReturnType<KernelCheck["run"]>) {
  try {
    return await run();
  } catch (error) {
    return { passed: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** One line for a check. */
export function checkLine({ name, passed, detail, seconds }: CheckReport): string {
  return `${passed ? "pass" : "FAIL"}  ${name}: ${detail} (${seconds.toFixed(2)} s)\n`;
}

/** Headings with aligned facts below them; empty facts are left out. */
export function deviceText(report: DeviceReport): string {
  const blocks = Object.entries(report).map(([heading, facts]) => {
    const names = Object.keys(facts);
    const width = Math.max(0, ...names.map((name) => name.length));
    const lines = names.filter((name) => facts[name] !== "").map((name) =>
      `  ${name.padEnd(width)}  ${facts[name] === true ? "yes" : facts[name]}`
    );
    return [heading, ...(lines.length > 0 ? lines : ["  none"])].join("\n") + "\n";
  });
  return blocks.join("\n") + "\n";
}
