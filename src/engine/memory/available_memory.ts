import type { Gpu } from "../../gpu/gpu.ts";

/**
 * Bytes of memory that a device can still have. Known of software drivers alone, whose memory is the
 * system's, and only with the permission to ask for that; null otherwise.
 */
export async function availableMemory({ isSoftware }: Gpu): Promise<number | null> {
  if (!isSoftware) return null;
  const { state } = await Deno.permissions.query({ name: "sys", kind: "systemMemoryInfo" });
  return state === "granted" ? Deno.systemMemoryInfo().available : null;
}
