import type { Gpu } from "./gpu.ts";

/** Seconds of work after which a GPU runs at its full clock. */
const BUSY_SECONDS = 1;

/**
 * Repeats some work for a second before something is timed: a graphics card that was idle runs at a part
 * of its clock for some hundred milliseconds. A software driver does not, and is spared.
 */
export async function keepBusy(
  { isSoftware }: Pick<Gpu, "isSoftware">,
  work: () => Promise<unknown>,
  now: () => number = () => performance.now(),
): Promise<void> {
  if (isSoftware) return;
  const end = now() + 1000 * BUSY_SECONDS;
  while (now() < end) await work();
}
