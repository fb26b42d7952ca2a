// Weights in half precision: 16 bytes per octet.

@group(0) @binding(1) var<storage, read> weights: array<vec4u>;

fn load_weights(column: u32, octet: u32) -> Octet {
  return unpack_f16(weights[octet_place(column, octet)]);
}
