// Weights as integers of eight bits: 8 bytes per octet.

const OCTET_WORDS = 2u;

// The four bytes of a word; as signed integers, which processors turn into floats in one step.
fn bytes_of(word: u32) -> vec4f {
  return vec4f(vec4i((vec4(word) >> vec4(0u, 8u, 16u, 24u)) & vec4(255u)));
}

fn decode(words: vec2u) -> Octet {
  return Octet(bytes_of(words.x), bytes_of(words.y));
}
