// Weights as floats of eight bits, E4M3: 8 bytes per octet.

const OCTET_WORDS = 2u;

// Two bytes, the lower ones of each half, as numbers. Sign, exponent and fraction fit those of a half,
// whose exponent is biased by eight more.
fn two_of(halves: u32) -> vec2f {
  let bits = ((halves & 0x00800080u) << 8u) | ((halves & 0x007f007fu) << 7u);
  return unpack2x16float(bits) * 256.0;
}

fn four_of(word: u32) -> vec4f {
  return vec4(two_of((word & 0xffu) | ((word & 0xff00u) << 8u)),
              two_of(((word >> 16u) & 0xffu) | ((word >> 8u) & 0xff0000u)));
}

fn decode(words: vec2u) -> Octet {
  return Octet(four_of(words.x), four_of(words.y));
}
