import type { Architecture } from "./architecture.ts";
import * as registry from "./registry.ts";

/** All architectures. */
export const ARCHITECTURES: readonly Architecture[] = Object.values(registry);

/** The architecture with that name in config.json, if it is known. */
export function architectureNamed(name: unknown): Architecture | undefined {
  return ARCHITECTURES.find((architecture) => architecture.name === name);
}
