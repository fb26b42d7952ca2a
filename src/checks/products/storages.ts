import { E2M1, type Storage } from "../../ops/products/codecs.ts";

/** Sixteen numbers in no order. */
const TABLE = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.25, -0.5, -1, -1.5, -2, -3, -4, -6.5];

/** Weights as codes: each kind of code, numbers of every kind, groups of one octet and of several. */
export const QUANTISED = {
  U4: { format: "U4", scales: { group: 32, format: "F16", offset: "added" } },
  U8: { format: "U8", scales: { group: 64, format: "BF16", offset: "added" } },
  F8: { format: "F8", scales: { group: 16, format: "F32", offset: "subtracted" } },
  T4: { format: "T4", scales: { group: 64, format: "F16", offset: "subtracted" }, table: TABLE },
  /** As MXFP4 lies on the device. */
  mxfp4: {
    format: "T4",
    scales: { group: 32, format: "BF16", offset: "subtracted" },
    table: E2M1,
  },
  /** Single floats, whose products with codes are rounded before the offset is added. */
  single: { format: "U8", scales: { group: 32, format: "F32", offset: "added" } },
  /** With an integer to subtract, in the smallest groups. */
  shifted: { format: "U4", scales: { group: 8, format: "BF16", offset: "subtracted" } },
} as const satisfies Readonly<Record<string, Storage>>;

/** Codes whose weights are out of order along a sum of this length, which no multiple of 7 is. */
export function permuted(inner: number) {
  const places = Uint32Array.from({ length: inner }, (_, i) => (7 * i + 3) % inner);
  return { ...QUANTISED.U4, places };
}

/** In a few words, for a label. */
export function describeStorage({ format, scales, places }: Storage): string {
  const order = places ? ", out of order" : "";
  return scales ? `${format} in groups of ${scales.group} ${scales.format}${order}` : format;
}
