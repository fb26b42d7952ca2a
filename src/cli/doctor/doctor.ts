/** `foretoken doctor`: what this machine offers, and proof that the kernels are right on it. */

import project from "../../../deno.json" with { type: "json" };
import { kernelChecks } from "../../checks/kernel_checks.ts";
import { type Gpu, requestGpu } from "../../gpu/gpu.ts";
import { profileOf } from "../../ops/profiles.ts";
import { standardOutput } from "../terminal/output.ts";
import type { DoctorFlags } from "./flags.ts";
import { layoutFacts } from "./layout_facts.ts";
import { checkLine, conclude, type DeviceReport, deviceText, runChecks } from "./report.ts";

/** Runs the command and returns the exit code. */
export async function runDoctor(flags: DoctorFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  using gpu = await requestGpu();
  const device = deviceReport(gpu);
  if (!flags.json) await output.write(deviceText(device));
  const checks = await runChecks(gpu, kernelChecks(), async (report) => {
    if (!flags.json) await output.write(checkLine(report));
  });
  return await conclude(device, checks, flags, output);
}

function deviceReport(gpu: Gpu): DeviceReport {
  const { vendor, architecture, device, description, isFallbackAdapter } = gpu.info;
  const profile = profileOf(gpu);
  const binding = gpu.limits.maxStorageBufferBindingSize;
  return {
    program: {
      foretoken: project.version,
      deno: Deno.version.deno,
      system: `${Deno.build.os} ${Deno.build.arch}`,
    },
    adapter: {
      name: gpu.name,
      description: description === gpu.name ? "" : description,
      vendor,
      architecture,
      device,
      fallback: isFallbackAdapter,
    },
    features: Object.fromEntries([...gpu.device.features].sort().map((name) => [name, true])),
    limits: Object.fromEntries(LIMITS.map((name) => [name, gpu.limits[name]])),
    uses: {
      profile: `${profile.name}, for ${profile.summary}`,
      "subgroup operations": gpu.subgroupSize > 0 ? `of ${gpu.subgroupSize} lanes` : "no",
      "half weights": "read packed, computed with in f32",
      "pass timing": gpu.hasTimestamps ? "timestamps of the device" : "the clock of the host",
      "largest slice of a matrix": `${Math.floor(binding / 2 ** 20)} MiB`,
    },
    kernels: layoutFacts(profile),
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
