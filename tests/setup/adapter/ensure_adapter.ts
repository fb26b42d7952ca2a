/**
 * Makes sure that WebGPU has an adapter before anything is started that needs one. Exits with 0 when
 * it has, with 69 (unavailable) and one line of advice when it cannot be had.
 *
 * On Debian and Ubuntu a root user, as in a container, gets Mesa's Vulkan drivers installed.
 */
import { EXIT_UNAVAILABLE, findAdapter, findAdapterAfresh } from "./adapter.ts";
import {
  aptGet,
  canInstall,
  DEBIAN_PACKAGES,
  driverAdvice,
  readSystem,
  type System,
} from "./system.ts";

/**
 * Looks for an adapter and installs a driver where it may. Returns 0 or the exit code to end with;
 * everything it has to say goes to stderr.
 */
export async function ensureAdapter(system: System = readSystem()): Promise<number> {
  if (await findAdapter()) return 0;
  if (!canInstall(system)) {
    console.error(`foretoken: no WebGPU adapter; ${driverAdvice(system)}`);
    return EXIT_UNAVAILABLE;
  }
  console.error(`foretoken: no WebGPU adapter; installing ${DEBIAN_PACKAGES.join(" and ")}`);
  const isInstalled = await aptGet(["update"]) &&
    await aptGet(["install", "-y", ...DEBIAN_PACKAGES]);
  if (isInstalled && await findAdapterAfresh()) return 0;
  const outcome = isInstalled ? "installed, but there is still" : "not installed, so there is";
  console.error(`foretoken: the driver is ${outcome} no WebGPU adapter; ${driverAdvice(system)}`);
  return EXIT_UNAVAILABLE;
}

if (import.meta.main) Deno.exit(await ensureAdapter());
