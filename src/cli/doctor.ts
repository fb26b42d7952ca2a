/** `foretoken doctor`: what this machine offers, and proof that the kernels are right on it. */

import type { KernelCheck } from "../bench/checks/check.ts";
import { kernelChecks } from "../bench/kernel_checks.ts";
import { type Gpu, requestGpu } from "../gpu/gpu.ts";
import project from "../../deno.json" with { type: "json" };
import type { DoctorFlags } from "./doctor_flags.ts";
import { silenceDriverWarning } from "./environment.ts";
import { ExitCode } from "./exit_codes.ts";
import { type Output, standardOutput } from "./output.ts";
import { count } from "./statistics.ts";

/** What a check has found. */
export interface CheckReport {
  name: string;
  passed: boolean;
  detail: string;
  seconds: number;
}

/** Facts by heading; the same for people and for programs. */
export type DeviceReport = Record<string, Record<string, string | number | boolean>>;

/** Runs the command and returns the exit code. */
export async function runDoctor(flags: DoctorFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  silenceDriverWarning();
  using gpu = await requestGpu();
  const device = deviceReport(gpu);
  if (!flags.json) await output.write(deviceText(device));
  const checks = await runChecks(gpu, kernelChecks(), async (report) => {
    if (!flags.json) await output.write(checkLine(report));
  });
  return await conclude(device, checks, flags, output);
}

/** Writes the result; split from the device for tests. */
export async function conclude(
  device: DeviceReport,
  checks: readonly CheckReport[],
  flags: DoctorFlags,
  output: Output,
): Promise<number> {
  const failed = checks.filter((check) => !check.passed).length;
  const passed = failed === 0;
  if (flags.json) await output.write(JSON.stringify({ ...device, checks, passed }) + "\n");
  else {
    await output.write(
      passed
        ? `all ${count(checks.length, "check")} passed\n`
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

function checkLine({ name, passed, detail, seconds }: CheckReport): string {
  return `${passed ? "pass" : "FAIL"}  ${name}: ${detail} (${seconds.toFixed(2)} s)\n`;
}

function deviceReport(gpu: Gpu): DeviceReport {
  const { vendor, architecture, device, description, isFallbackAdapter } = gpu.info;
  const binding = gpu.limits.maxStorageBufferBindingSize;
  return {
    program: {
      foretoken: project.version,
      deno: Deno.version.deno,
      system: `${Deno.build.os} ${Deno.build.arch}`,
    },
    adapter: {
      name: gpu.name,
      description,
      vendor,
      architecture,
      device,
      fallback: isFallbackAdapter,
    },
    features: Object.fromEntries([...gpu.device.features].sort().map((name) => [name, true])),
    limits: Object.fromEntries(LIMITS.map((name) => [name, gpu.limits[name]])),
    uses: {
      kernels: gpu.deviceClass === "software"
        ? "shaped for a driver on the CPU (expect it to be much slower than a GPU)"
        : "shaped for a GPU",
      "half weights": "read packed, computed with in f32",
      "pass timing": gpu.hasTimestamps ? "timestamps of the device" : "the clock of the host",
      "largest slice of a matrix": `${Math.floor(binding / 2 ** 20)} MiB`,
    },
  };
}

/** The limits that decide what fits. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxUniformBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
] as const;

function deviceText(report: DeviceReport): string {
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
