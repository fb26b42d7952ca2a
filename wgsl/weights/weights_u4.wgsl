// Weights as integers of four bits, the first in the lowest bits: 4 bytes per octet.

override BYTES_CONVERTED: bool = false; // The device turns bytes into floats as fast as it multiplies.

const OCTET_WORDS = 1u;

fn decode(words: vec2u) -> Octet {
  if (BYTES_CONVERTED) {
    let even = vec4f(unpack4xU8(words.x & 0x0f0f0f0fu));
    let odd = vec4f(unpack4xU8((words.x >> 4u) & 0x0f0f0f0fu));
    return Octet(vec4(even.x, odd.x, even.y, odd.y), vec4(even.z, odd.z, even.w, odd.w));
  }
  return Octet(four_of(words.x), four_of(words.x >> 16u));
}

// The four integers in the lower half of a word. As the lowest bits of a fraction, with the exponent of
// 2²³ above them, they are added to 2²³, in multiples of 1, 16, 256 and 4096; taking that away again is
// exact, and on most devices quicker than to turn integers into floats.
fn four_of(word: u32) -> vec4f {
  let bits = (vec4(word) & vec4(0xfu, 0xf0u, 0xf00u, 0xf000u)) | vec4(0x4b000000u);
  return fma(bitcast<vec4f>(bits), vec4(1.0, 1.0 / 16.0, 1.0 / 256.0, 1.0 / 4096.0),
             vec4(-8388608.0, -524288.0, -32768.0, -2048.0));
}
