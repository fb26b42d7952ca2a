import type { Architecture } from "./architecture.ts";
import { llama } from "./llama.ts";

/** All architectures, one line each. */
export const ARCHITECTURES: readonly Architecture[] = [
  llama,
];

/** The architecture with that name in config.json, if it is known. */
export function architectureNamed(name: unknown): Architecture | undefined {
  return ARCHITECTURES.find((architecture) => architecture.name === name);
}
