/** The element types of tensors in safetensors files. */

/** Element types of tensors that are read as numbers. */
export type Dtype = "F32" | "F16" | "BF16";

/** All of them. */
export const DTYPES: readonly Dtype[] = ["F32", "F16", "BF16"];

/** Element types of tensors that are not numbers: ids, or words of packed codes. */
export type WordDtype = "U16" | "U32";

/** Size of one element in bits, for every element type of the format. */
export const ELEMENT_BITS: ReadonlyMap<string, number> = new Map([
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["BOOL", 8],
  ["U8", 8],
  ["I8", 8],
  ["F8_E4M3", 8],
  ["F8_E5M2", 8],
  ["F8_E8M0", 8],
  ["U16", 16],
  ["I16", 16],
  ["F16", 16],
  ["BF16", 16],
  ["U32", 32],
  ["I32", 32],
  ["F32", 32],
  ["U64", 64],
  ["I64", 64],
  ["F64", 64],
  ["C64", 64],
]);

/** Bytes of one element of a type that is written. */
export function bytesPerElement(dtype: Dtype | WordDtype): number {
  return dtype === "F32" || dtype === "U32" ? 4 : 2;
}
