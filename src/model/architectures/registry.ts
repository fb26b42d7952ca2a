import type { Architecture } from "./architecture.ts";
import { llama } from "./llama.ts";

/** All architectures, one line each. */
const ARCHITECTURES: readonly Architecture[] = [llama];

/** The names that config.json may give. */
export const ARCHITECTURE_NAMES: readonly string[] = ARCHITECTURES.map(({ name }) => name);

/** The architecture of that name, if it is known. */
export function architectureNamed(name: string): Architecture | undefined {
  return ARCHITECTURES.find((architecture) => architecture.name === name);
}
