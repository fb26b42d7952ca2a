/** Integers of a few bits, packed and unpacked. */

/**
 * Integers of `bits` bits, 1 to 8, each in a byte of its own, from a stream in which they follow each
 * other without gaps, the first in the lowest bits of the first byte.
 */
export function unpackBits(
  bytes: Uint8Array<ArrayBuffer>,
  bits: number,
): Uint8Array<ArrayBuffer> {
  if (bits === 8) return bytes;
  const codes = new Uint8Array(Math.floor(8 * bytes.length / bits));
  const mask = (1 << bits) - 1;
  let [waiting, count, at] = [0, 0, 0];
  for (let i = 0; i < codes.length; i++) {
    if (count < bits) {
      waiting |= bytes[at++] << count;
      count += 8;
    }
    codes[i] = waiting & mask;
    waiting >>= bits;
    count -= bits;
  }
  return codes;
}

/** Integers of four bits, two in a byte, the first in its lower bits. */
export function packNibbles(codes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(codes.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = codes[2 * i] | codes[2 * i + 1] << 4;
  return bytes;
}

/** A stream of integers of `bits` bits as integers of four bits, or of eight if four do not hold them. */
export function widened(bytes: Uint8Array<ArrayBuffer>, bits: number): Uint8Array<ArrayBuffer> {
  if (bits === 4) return bytes;
  const codes = unpackBits(bytes, bits);
  return bits < 4 ? packNibbles(codes) : codes;
}

/**
 * An integer of `bits` bits, fewer than 32, that begins at bit `shift` of words[at], and goes on in the lowest bits of
 * words[next] where that word ends.
 */
export function codeAt(
  words: Uint32Array,
  { at, next, shift }: { at: number; next: number; shift: number },
  bits: number,
): number {
  const rest = shift + bits > 32 ? words[next] << 32 - shift : 0;
  return (words[at] >>> shift | rest) & 2 ** bits - 1;
}
