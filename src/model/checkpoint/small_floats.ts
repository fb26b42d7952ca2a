/** What the codes of floats of eight bits stand for. "OCP Microscaling Formats (MX) Specification" 1.0, 5.3 and 5.4. */

/** Floats of eight bits, of which those with all bits but the sign set are not numbers. */
export const E4M3: readonly number[] = Array.from({ length: 256 }, (_, code) => {
  const [exponent, fraction] = [code >> 3 & 15, code & 7];
  if ((code & 127) === 127) return NaN;
  const size = exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10);
  return code < 128 ? size : -size;
});

/** Powers of two, the last of which is not a number. */
export const E8M0: readonly number[] = Array.from(
  { length: 256 },
  (_, code) => code < 255 ? 2 ** (code - 127) : NaN,
);
