import { kernelChecks } from "../../../checks/kernel_checks.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import { profileOf } from "../../../ops/profiles.ts";

/**
 * Runs the checks of `doctor` on the kernels of the device's profile.
 * @throws Error that names what is wrong, if something is.
 */
export async function reportKernelChecks(gpu: Gpu): Promise<string> {
  const wrong: string[] = [];
  const checks = kernelChecks();
  for (const { name, run } of checks) {
    const { passed, detail } = await run(gpu);
    if (!passed) wrong.push(`${name}: ${detail}`);
  }
  const { name } = profileOf(gpu);
  if (wrong.length > 0) throw new Error(`wrong on ${name}:\n  ${wrong.join("\n  ")}`);
  return `  All ${checks.length} checks of the kernels of ${name} passed.\n`;
}
