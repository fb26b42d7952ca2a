// Weights as integers of four bits, the first in the lowest bits: 4 bytes per octet.

const OCTET_WORDS = 1u;

fn decode(words: vec2u) -> Octet {
  return Octet(four_of(words.x), four_of(words.x >> 16u));
}

// The four integers in the lower half of a word. As the lowest bits of a fraction, with the exponent of
// 2²³ above them, they are added to 2²³, in multiples of 1, 16, 256 and 4096; taking that away again is
// exact, and quicker than to turn integers into floats.
fn four_of(word: u32) -> vec4f {
  let bits = (vec4(word) & vec4(0xfu, 0xf0u, 0xf00u, 0xf000u)) | vec4(0x4b000000u);
  return fma(bitcast<vec4f>(bits), vec4(1.0, 1.0 / 16.0, 1.0 / 256.0, 1.0 / 4096.0),
             vec4(-8388608.0, -524288.0, -32768.0, -2048.0));
}
