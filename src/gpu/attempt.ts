import type { Gpu } from "./gpu.ts";

/** The first is asked last: what else fails may follow from a lack of memory. */
const FILTERS: readonly GPUErrorFilter[] = ["validation", "internal", "out-of-memory"];

/**
 * The result of work that the device may refuse. Errors that it reports meanwhile fail this work alone, and what was
 * there before goes on. Nothing else may be asked of the device at the same time.
 *
 * @throws GpuError with what the device reported, or else what the work throws.
 */
export async function attempt<T>(gpu: Gpu, work: () => Promise<T>): Promise<T> {
  for (const filter of FILTERS) gpu.device.pushErrorScope(filter);
  const [outcome] = await Promise.allSettled([work()]);
  const errors = await Promise.all(FILTERS.map(() => gpu.device.popErrorScope()));
  const error = errors.find((error) => error !== null);
  if (error) throw gpu.errorOf(error);
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}
