import bf16Code from "../../../wgsl/weights/weights_bf16.wgsl" with { type: "text" };
import f16Code from "../../../wgsl/weights/weights_f16.wgsl" with { type: "text" };
import f32Code from "../../../wgsl/weights/weights_f32.wgsl" with { type: "text" };
import octets from "../../../wgsl/shared/octets.wgsl" with { type: "text" };
import order from "../../../wgsl/weights/order.wgsl" with { type: "text" };

/** How weights are stored: single floats, or two half-precision numbers in a word. */
export type WeightFormat = "F32" | "F16" | "BF16";

/**
 * A way of storing weights, on disk and on the GPU. Eight neighbouring weights along the sum, an octet,
 * are the unit that is moved, rearranged and loaded.
 */
export interface WeightCodec {
  /** Bytes of an octet; a multiple of 8. */
  readonly bytesPerOctet: number;
  /** WGSL that declares the weights' binding and `load_weights(column, octet)`, in one file or more. */
  readonly code: readonly string[];
  /** The stored numbers widened to f32, which holds each of them exactly. */
  toFloats(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
}

/** One entry for each format. */
export const CODECS: Readonly<Record<WeightFormat, WeightCodec>> = {
  F32: {
    bytesPerOctet: 32,
    code: [octets, order, f32Code],
    toFloats: (bytes) => new Float32Array(...aligned(bytes, 4)),
  },
  F16: {
    bytesPerOctet: 16,
    code: [octets, order, f16Code],
    toFloats: (bytes) => Float32Array.from(new Float16Array(...aligned(bytes, 2))),
  },
  BF16: {
    bytesPerOctet: 16,
    code: [octets, order, bf16Code],
    // A bfloat16 number is the upper half of a float.
    toFloats(bytes) {
      const halves = new Uint16Array(...aligned(bytes, 2));
      return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
    },
  },
};

/** Bytes of so many weights, a multiple of 8. */
export function weightBytes(count: number, format: WeightFormat): number {
  return count / 8 * CODECS[format].bytesPerOctet;
}

/** Where a typed array of elements of `size` bytes can view the bytes: in place, or in a copy. */
function aligned(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): [buffer: ArrayBuffer, byteOffset: number, length: number] {
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return [buffer, byteOffset, bytes.byteLength / size];
}
