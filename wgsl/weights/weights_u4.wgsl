// Weights as integers of four bits, the first in the lowest bits: 4 bytes per octet, and scales.

@group(0) @binding(1) var<storage, read> weights: array<u32>;

fn load_weights(column: u32, octet: u32) -> Octet {
  let word = weights[octet_place(column, octet)];
  // As signed integers, which processors turn into floats in one step.
  let low = vec4i((vec4(word) >> vec4(0u, 4u, 8u, 12u)) & vec4(15u));
  let high = vec4i((vec4(word) >> vec4(16u, 20u, 24u, 28u)) & vec4(15u));
  return scaled(Octet(vec4f(low), vec4f(high)), column, octet);
}
