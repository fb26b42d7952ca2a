import { GpuError } from "../gpu/errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { isTexture } from "../gpu/texels.ts";
import { createWeightMatrix, type WeightMatrix } from "../ops/products/weights.ts";
import type { Parameter } from "./parameters.ts";

/**
 * A matrix [columns, inner] f32 to train, column after column.
 * @throws GpuError if it does not fit one binding of the device.
 */
export function trainedMatrix(
  gpu: Gpu,
  label: string,
  { columns, inner }: { columns: number; inner: number },
): Parameter & { matrix: WeightMatrix } {
  const format = { format: "F32", order: "columns", home: "buffers" } as const;
  const matrix = createWeightMatrix(gpu, label, { columns, inner, ...format });
  const [{ weights }, ...others] = matrix.slices;
  if (others.length === 0 && !isTexture(weights)) return { label, matrix, buffer: weights };
  throw new GpuError(
    `${label} need ${4 * columns * inner} bytes, more than ${gpu.name} can bind at once`,
  );
}
