/**
 * Which adapter WebGPU offers. As a program it prints the adapter's name on stdout and exits with 0,
 * or exits with 69 (unavailable) without one.
 */

import { DRIVER_VARIABLES, prepareDriverEnvironment } from "../../../src/gpu/driver_environment.ts";

/** Exit code of a program that lacks something it needs from the system. */
export const EXIT_UNAVAILABLE = 69;

/** Name of the adapter that WebGPU offers to this process, or null without one. */
export async function findAdapter(): Promise<string | null> {
  prepareDriverEnvironment();
  const adapter = await navigator.gpu.requestAdapter();
  return adapter && (adapter.info.description || adapter.info.vendor || "unnamed adapter");
}

/**
 * The same in a fresh process: one that has asked before a driver was there will not find it later.
 * @param environment Variables that are added to those of this process.
 */
export async function findAdapterAfresh(
  environment: Record<string, string> = {},
): Promise<string | null> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", `--allow-env=${DRIVER_VARIABLES}`, import.meta.url],
    env: environment,
    stdin: "null",
    stderr: "inherit",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : null;
}

if (import.meta.main) {
  const name = await findAdapter();
  if (name) console.log(name);
  Deno.exit(name ? 0 : EXIT_UNAVAILABLE);
}
