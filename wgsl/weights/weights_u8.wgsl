// Weights as integers of eight bits: 8 bytes per octet.

override BYTES_CONVERTED: bool = false; // The device turns bytes into floats as fast as it multiplies.

const OCTET_WORDS = 2u;

fn decode(words: vec2u) -> Octet {
  if (BYTES_CONVERTED) {
    return Octet(vec4f(unpack4xU8(words.x)), vec4f(unpack4xU8(words.y)));
  }
  return Octet(vec4(two_of(words.x), two_of(words.x >> 16u)),
               vec4(two_of(words.y), two_of(words.y >> 16u)));
}

// The two integers in the lower half of a word, see weights_u4.wgsl.
fn two_of(word: u32) -> vec2f {
  let bits = (vec2(word) & vec2(0xffu, 0xff00u)) | vec2(0x4b000000u);
  return fma(bitcast<vec2f>(bits), vec2(1.0, 1.0 / 256.0), vec2(-8388608.0, -32768.0));
}
