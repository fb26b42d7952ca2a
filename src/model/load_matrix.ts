import type { Safetensors } from "../format/safetensors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import {
  BYTES_PER_WEIGHT,
  createWeightMatrix,
  type WeightFormat,
  type WeightMatrix,
  writeColumns,
} from "../ops/weights.ts";

/** Bytes that are read, rearranged and uploaded at once; bounds the host memory of loading. */
const UPLOAD_BYTES = 4 * 2 ** 20;

/** Hears the bytes of each upload. The next one waits until the promise is fulfilled. */
export type UploadListener = (byteLength: number) => Promise<void>;

/** Where the columns of a matrix come from: rows of one or more tensors, in any order. */
export interface MatrixSource {
  label: string;
  /** Tensors [rows, inner]. */
  parts: { name: string; rows: number }[];
  inner: number;
  /** The tensor row that becomes this column. The identity over the parts in turn if left out. */
  sourceOf?: (column: number) => { part: number; row: number };
  /** Columns that should be read together because their source rows stand together: a multiple of 8. */
  block?: number;
}

/**
 * Reads a matrix by ranges and uploads it in slices.
 * Parts of different dtypes are widened to f32.
 * @throws DataError if a tensor is missing or has another shape.
 */
export async function loadMatrix(
  gpu: Gpu,
  tensors: Safetensors,
  source: MatrixSource,
  onUpload: UploadListener,
): Promise<WeightMatrix> {
  const { label, parts, inner } = source;
  const formats = parts.map(({ name, rows }) => tensors.get(name, [rows, inner]).dtype);
  const format: WeightFormat = formats.every((dtype) => dtype === formats[0]) ? formats[0] : "F32";
  const columns = parts.reduce((sum, { rows }) => sum + rows, 0);
  const matrix = createWeightMatrix(gpu, label, { columns, inner, format });
  const bytesPerRow = inner * BYTES_PER_WEIGHT[format];
  const block = source.block ?? 8;
  const step = Math.max(1, Math.floor(UPLOAD_BYTES / bytesPerRow / block)) * block;
  for (const slice of matrix.slices) {
    for (let first = 0; first < slice.columns; first += step) {
      const count = Math.min(step, slice.columns - first);
      const rows = await gather(tensors, source, slice.firstColumn + first, count, format);
      writeColumns(gpu, matrix, slice, first, rows);
      await onUpload(rows.byteLength);
    }
  }
  return matrix;
}

/** The bytes of `count` columns from `first` on, read as one range per part that they touch. */
async function gather(
  tensors: Safetensors,
  source: MatrixSource,
  first: number,
  count: number,
  format: WeightFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const sourceOf = source.sourceOf ?? inTurn(source.parts);
  const wanted = Array.from({ length: count }, (_, i) => sourceOf(first + i));
  const bytesPerRow = source.inner * BYTES_PER_WEIGHT[format];
  const bytes = new Uint8Array(count * bytesPerRow);
  for (let part = 0; part < source.parts.length; part++) {
    const rows = wanted.filter((from) => from.part === part).map((from) => from.row);
    if (rows.length === 0) continue;
    const low = rows.reduce((a, b) => Math.min(a, b));
    const high = rows.reduce((a, b) => Math.max(a, b));
    const { name } = source.parts[part];
    const { dtype } = tensors.get(name);
    const stored = source.inner * BYTES_PER_WEIGHT[dtype];
    const read = await tensors.read(name, low * stored, (high - low + 1) * stored);
    const range = dtype === format ? read : new Uint8Array(toFloats(read, dtype).buffer);
    wanted.forEach((from, i) => {
      if (from.part !== part) return;
      const start = (from.row - low) * bytesPerRow;
      bytes.set(range.subarray(start, start + bytesPerRow), i * bytesPerRow);
    });
  }
  return bytes;
}

/** Columns that are the rows of the parts one after the other. */
function inTurn(parts: MatrixSource["parts"]): (column: number) => { part: number; row: number } {
  return (column) => {
    let part = 0;
    while (column >= parts[part].rows) column -= parts[part++].rows;
    return { part, row: column };
  };
}

/**
 * Reads a vector of any supported dtype as f32.
 * @throws DataError if the tensor is missing or has another shape.
 */
export async function loadVector(
  gpu: Gpu,
  tensors: Safetensors,
  name: string,
  length: number,
  onUpload: UploadListener,
): Promise<GPUBuffer> {
  const { byteLength, dtype } = tensors.get(name, [length]);
  const buffer = gpu.upload(name, toFloats(await tensors.read(name, 0, byteLength), dtype));
  await onUpload(byteLength);
  return buffer;
}

/** Stored numbers widened to f32, which holds each of them exactly. */
function toFloats(bytes: Uint8Array<ArrayBuffer>, dtype: WeightFormat): Float32Array<ArrayBuffer> {
  const { buffer } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const offset = bytes.byteOffset % 4 === 0 ? bytes.byteOffset : 0;
  if (dtype === "F32") return new Float32Array(buffer, offset, bytes.byteLength / 4);
  if (dtype === "F16") {
    return Float32Array.from(new Float16Array(buffer, offset, bytes.byteLength / 2));
  }
  const halves = new Uint16Array(buffer, offset, bytes.byteLength / 2);
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}
