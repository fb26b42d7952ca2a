/** Writing safetensors files. */

import { concatenated } from "../bytes.ts";
import { writeWhole } from "../files.ts";
import { bytesPerElement, type Dtype, type WordDtype } from "./dtypes.ts";
import { METADATA_KEY } from "./safetensors_header.ts";

/** A tensor that is to be written. */
export interface TensorShape {
  /** Unique name. */
  name: string;
  /** Element type. */
  dtype: Dtype | WordDtype;
  /** Sizes of the dimensions, slowest first. */
  shape: readonly number[];
}

/** A tensor with its bytes, to be written. */
export interface TensorData extends TensorShape {
  /** The elements in row-major order, little-endian; as many bytes as dtype and shape ask for. */
  data: Uint8Array;
}

/** A tensor of numbers that are rounded to half precision. */
export function halves(
  name: string,
  numbers: Float32Array,
  shape: readonly number[],
): TensorData {
  return { name, dtype: "F16", shape, data: new Uint8Array(Float16Array.from(numbers).buffer) };
}

/** Strings that a file carries beside its tensors. */
export type Metadata = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/**
 * The bytes of a safetensors file, piece after piece: the header, then each tensor. Tensors are laid out by
 * falling element size, then by name, so that every element is aligned and the same contents give the same
 * bytes.
 *
 * @throws {RangeError} when a tensor's bytes do not match its shape or a name comes twice.
 */
function piecesOf(tensors: Iterable<TensorData>, metadata: Metadata): Uint8Array[] {
  const inFileOrder = [...tensors].sort((a, b) =>
    bytesPerElement(b.dtype) - bytesPerElement(a.dtype) || (a.name < b.name ? -1 : 1)
  );
  for (const tensor of inFileOrder) requireLength(tensor, tensor.data);
  return [encodeHeader(inFileOrder, metadata), ...inFileOrder.map(({ data }) => data)];
}

/**
 * The bytes of a safetensors file, as {@linkcode writeSafetensors} writes them.
 *
 * @throws {RangeError} when a tensor's bytes do not match its shape or a name comes twice.
 */
export function encodeSafetensors(
  tensors: Iterable<TensorData>,
  metadata: Metadata = {},
): Uint8Array<ArrayBuffer> {
  return concatenated(piecesOf(tensors, metadata));
}

/**
 * Writes a safetensors file, whole or not at all.
 *
 * @throws {RangeError} when a tensor's bytes do not match its shape or a name comes twice.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorData>,
  metadata: Metadata = {},
): Promise<void> {
  await writeWhole(path, ReadableStream.from(piecesOf(tensors, metadata)));
}

/**
 * Writes a safetensors file, whole or not at all, without holding more than one tensor in memory.
 *
 * @param data the bytes of each tensor, in the order of the tensors.
 * @param options.mode permissions of the new file.
 * @throws {RangeError} when a tensor's bytes do not match its shape or a name comes twice.
 */
export async function streamSafetensors(
  path: string,
  tensors: readonly TensorShape[],
  data: AsyncIterable<Uint8Array<ArrayBuffer>>,
  metadata: Metadata = {},
  options: { mode?: number } = {},
): Promise<void> {
  async function* file() {
    yield encodeHeader(tensors, metadata);
    let written = 0;
    for await (const bytes of data) {
      requireLength(tensors[written++], bytes);
      yield bytes;
    }
    if (written < tensors.length) {
      throw new RangeError(`tensor "${tensors[written].name}": no data`);
    }
  }
  await writeWhole(path, ReadableStream.from(file()), options);
}

/** Throws unless the bytes are as many as the tensor takes. */
function requireLength({ name, dtype, shape }: TensorShape, data: Uint8Array): void {
  const byteLength = byteLengthOf({ dtype, shape });
  if (data.length === byteLength) return;
  throw new RangeError(
    `tensor "${name}": ${data.length} bytes of data for ${dtype} [${shape}], which takes ${byteLength}`,
  );
}

function byteLengthOf({ dtype, shape }: Pick<TensorShape, "dtype" | "shape">): number {
  return shape.reduce((product, size) => product * size, bytesPerElement(dtype));
}

/**
 * The length of the header and its JSON, padded with spaces so that the data begins at a multiple of
 * eight.
 */
function encodeHeader(
  tensors: readonly TensorShape[],
  metadata: Metadata,
): Uint8Array<ArrayBuffer> {
  const entries = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  // Put together by hand, because a tensor may have any name, "__proto__" and "1" included.
  const parts: string[] = [];
  if (entries.length > 0) {
    const pairs = entries.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
    parts.push(`"${METADATA_KEY}":{${pairs.join(",")}}`);
  }
  const names = new Set<string>([METADATA_KEY]);
  let begin = 0;
  for (const { name, dtype, shape } of tensors) {
    if (names.has(name)) throw new RangeError(`tensor name "${name}" is taken`);
    names.add(name);
    const end = begin + byteLengthOf({ dtype, shape });
    const description = JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
    parts.push(`${JSON.stringify(name)}:${description}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${parts.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}
