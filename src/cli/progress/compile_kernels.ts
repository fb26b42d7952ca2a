import type { KernelRequest } from "../../decode/types.ts";
import type { TextModel } from "../../engine/text/generate_text.ts";
import { describeCount } from "./facts.ts";
import { Progress } from "./progress.ts";

/**
 * Compiles what a model's answers need, with progress: to be done before Ctrl-C is listened to, which is
 * not heard while a driver compiles, or with a signal that ends it early.
 */
export async function compileKernels(
  { decoder }: Pick<TextModel, "decoder">,
  request: Pick<KernelRequest, "promptLengths" | "sampling" | "signal">,
): Promise<void> {
  using progress = new Progress("compiling kernels", describeCount("kernel"));
  await decoder.compile({ ...request, onProgress: progress.onProgress });
}
