import recycledCode from "../../../wgsl/drafting/recycled.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { constantOf, StructLayout } from "../../gpu/layout.ts";

/** In place of a choice, or of a token, that is not there. */
export const NO_CHOICE: number = constantOf(recycledCode, "NO_CHOICE");

/** Choices that were kept, in a buffer. */
export const RECYCLED: StructLayout<{ before_root: number; choices: ArrayLike<number> }> =
  new StructLayout(recycledCode, "Recycled");

const RECYCLED_CHOICES = constantOf(recycledCode, "RECYCLED_CHOICES");

/** Room for what the model chooses after the nodes of a text's trees. */
export function createRecycled(gpu: Gpu): GPUBuffer {
  return gpu.storage("recycled choices", RECYCLED.byteLength(RECYCLED_CHOICES));
}

/** A text begins with these tokens: nothing was chosen yet. */
export function beginRecycled(gpu: Gpu, buffer: GPUBuffer, ids: readonly number[]): void {
  const words = new Uint32Array(RECYCLED.byteLength(RECYCLED_CHOICES) / 4).fill(NO_CHOICE);
  words[RECYCLED.offsetOf("before_root") / 4] = ids.at(-2) ?? NO_CHOICE;
  gpu.write(buffer, 0, words);
}
