import project from "../../../deno.json" with { type: "json" };
import { kernelChecks } from "../../checks/kernel_checks.ts";
import { measureRowTimes } from "../../bench/timing/row_times.ts";
import { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import { findTiles, openGpu } from "../../engine/device_tiles.ts";
import type { ModelFolder, ModelText } from "../../engine/model_folder.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { profileOf } from "../../ops/profiles.ts";
import { loadingProgress, openFolder } from "../open_model.ts";
import { standardOutput } from "../terminal/output.ts";
import type { DoctorFlags } from "./flags.ts";
import { adapterFacts } from "./adapter_facts.ts";
import { layoutFacts } from "./layout_facts.ts";
import { tileFact } from "./tile_facts.ts";
import { modelFacts } from "./model_facts.ts";
import { rowCostsText } from "./row_costs.ts";
import { checkLine, conclude, type DeviceReport, deviceText, runChecks } from "./report.ts";

/**
 * `foretoken doctor`: what this machine offers, and proof that the kernels are right on it.
 * Returns the exit code.
 */
export async function runDoctor(flags: DoctorFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model);
  await folder.storedFingerprint(); // What is wrong with a model's files is told before the checks, not after.
  const text = await folder.text();
  using gpu = await openGpu();
  const device = deviceReport(gpu, await tileFact(gpu, () => findTiles(gpu)));
  if (!flags.json) await output.write(deviceText(device));
  const checks = await runChecks(gpu, kernelChecks(), async (report) => {
    if (!flags.json) await output.write(checkLine(report));
  });
  const { facts, rows } = await tryModel(gpu, folder, text);
  const report = { ...device, ...(flags.model !== undefined && { model: facts }) };
  if (!flags.json) {
    if (flags.model !== undefined) await output.write("\n" + deviceText({ model: facts }));
    await output.write(rowCostsText(facts.name, rows) + "\n");
  }
  return await conclude({ device: report, checks, rows: rows.times }, flags, output);
}

/** Puts the model that was asked for on the device, or the demo model, and times its passes. */
async function tryModel(gpu: Gpu, folder: ModelFolder, text: ModelText) {
  using assets = await FolderAssets.open(folder);
  using progress = loadingProgress(folder);
  using transformer = await folder.loadOn(gpu, {
    onProgress: progress.onProgress,
  });
  return {
    facts: modelFacts(folder, text, assets, transformer),
    rows: await measureRowTimes(transformer),
  };
}

function deviceReport(gpu: Gpu, tiles: string | null): DeviceReport {
  const profile = profileOf(gpu);
  const binding = gpu.limits.maxStorageBufferBindingSize;
  return {
    program: {
      foretoken: project.version,
      deno: Deno.version.deno,
      system: `${Deno.build.os} ${Deno.build.arch}`,
    },
    adapter: adapterFacts(gpu),
    features: Object.fromEntries([...gpu.device.features].sort().map((name) => [name, true])),
    limits: Object.fromEntries(LIMITS.map((name) => [name, gpu.limits[name]])),
    uses: {
      profile: `${profile.name}, for ${profile.summary}`,
      "subgroup operations": gpu.subgroupSize > 0 ? `of ${gpu.subgroupSize} lanes` : "no",
      "half weights": "read packed, computed with in f32",
      "pass timing": gpu.hasTimestamps ? "timestamps of the device" : "the clock of the host",
      "largest slice of a matrix": `${Math.floor(binding / 2 ** 20)} MiB`,
      ...(tiles !== null && { "tiles of products": tiles }),
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
