/** Writing safetensors files. */

import { writeWhole } from "../files.ts";
import { bytesPerElement, type Dtype, METADATA_KEY } from "./safetensors_header.ts";

/** A tensor with its bytes, to be written. */
export interface TensorData {
  /** Unique name. */
  name: string;
  /** Element type. */
  dtype: Dtype;
  /** Sizes of the dimensions, slowest first. */
  shape: readonly number[];
  /** The elements in row-major order, little-endian; as many bytes as dtype and shape ask for. */
  data: Uint8Array;
}

/** Strings that a file carries beside its tensors. */
export type Metadata = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/**
 * The bytes of a safetensors file. Tensors are laid out by falling element size, then by name, so
 * that every element is aligned and the same contents give the same bytes.
 *
 * @throws {RangeError} when a tensor's bytes do not match its shape or a name comes twice.
 */
export function encodeSafetensors(
  tensors: Iterable<TensorData>,
  metadata: Metadata = {},
): Uint8Array<ArrayBuffer> {
  const inFileOrder = [...tensors].sort((a, b) =>
    bytesPerElement(b.dtype) - bytesPerElement(a.dtype) || (a.name < b.name ? -1 : 1)
  );
  const header = encodeHeader(inFileOrder, metadata);
  const dataLength = inFileOrder.reduce((sum, { data }) => sum + data.length, 0);
  const bytes = new Uint8Array(8 + header.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let position = 8 + header.length;
  for (const { data } of inFileOrder) {
    bytes.set(data, position);
    position += data.length;
  }
  return bytes;
}

/** Writes a safetensors file, whole or not at all. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorData>,
  metadata: Metadata = {},
): Promise<void> {
  await writeWhole(path, encodeSafetensors(tensors, metadata));
}

/** The header's JSON, padded with spaces so that the data begins at a multiple of eight. */
function encodeHeader(tensors: readonly TensorData[], metadata: Metadata): Uint8Array {
  const entries = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  // Put together by hand, because a tensor may have any name, "__proto__" and "1" included.
  const parts: string[] = [];
  if (entries.length > 0) {
    const pairs = entries.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
    parts.push(`"${METADATA_KEY}":{${pairs.join(",")}}`);
  }
  const names = new Set<string>([METADATA_KEY]);
  let begin = 0;
  for (const { name, dtype, shape, data } of tensors) {
    const byteLength = shape.reduce((product, size) => product * size, bytesPerElement(dtype));
    if (data.length !== byteLength) {
      throw new RangeError(
        `tensor "${name}": ${data.length} bytes of data for ${dtype} [${shape}], which takes ${byteLength}`,
      );
    }
    if (names.has(name)) throw new RangeError(`tensor name "${name}" is taken`);
    names.add(name);
    const end = begin + byteLength;
    const description = JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
    parts.push(`${JSON.stringify(name)}:${description}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${parts.join(",")}}`);
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  return padded;
}
