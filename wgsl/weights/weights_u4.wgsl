// Weights as integers of four bits, the first in the lowest bits: 4 bytes per octet.

const OCTET_WORDS = 1u;

fn decode(words: vec2u) -> Octet {
  // As signed integers, which processors turn into floats in one step.
  let low = vec4i((vec4(words.x) >> vec4(0u, 4u, 8u, 12u)) & vec4(15u));
  let high = vec4i((vec4(words.x) >> vec4(16u, 20u, 24u, 28u)) & vec4(15u));
  return Octet(vec4f(low), vec4f(high));
}
