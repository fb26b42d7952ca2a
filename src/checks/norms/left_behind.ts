import type { Gpu } from "../../gpu/gpu.ts";
import type { StreamRows } from "../../ops/residual_stream.ts";
import type { Findings } from "../check.ts";

/** A residual stream [rows, width] that moved on is still there as it was `before`. */
export async function compareLeftBehind(
  gpu: Gpu,
  label: string,
  { hidden, stream, before, width }: {
    hidden: GPUBuffer;
    stream: StreamRows;
    before: Float32Array;
    width: number;
  },
  findings: Findings,
): Promise<void> {
  if (stream.from === stream.to) return;
  const left = await gpu.readFloats(hidden, stream.from * width, before.length);
  findings.equal(`${label}, what is left behind`, left, before);
}
