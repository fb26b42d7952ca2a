import emptyCode from "../../wgsl/empty.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";

const emptyKernel = new Kernel("empty", emptyCode);

/** A dispatch of one workgroup that does next to nothing, to measure what any dispatch costs. */
export function emptyDispatch(gpu: Gpu, count: GPUBuffer): Dispatch {
  return prepare(gpu, emptyKernel, {}, { count }, [1]);
}
