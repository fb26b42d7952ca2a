// Weights as integers of eight bits: 8 bytes per octet, and scales.

@group(0) @binding(1) var<storage, read> weights: array<vec2u>;

// The four bytes of a word; as signed integers, which processors turn into floats in one step.
fn bytes_of(word: u32) -> vec4f {
  return vec4f(vec4i((vec4(word) >> vec4(0u, 8u, 16u, 24u)) & vec4(255u)));
}

fn load_weights(column: u32, octet: u32) -> Octet {
  let words = weights[octet_place(column, octet)];
  return scaled(Octet(bytes_of(words.x), bytes_of(words.y)), column, octet);
}
