// Weights in half precision: 16 bytes per octet.

@group(0) @binding(1) var<storage, read> weights: array<vec4u>;

alias Stored = vec4u;

fn load_stored(column: u32, octet: u32) -> Stored {
  return weights[octet_place(column, octet)];
}

fn unpack(stored: Stored) -> Octet {
  return unpack_f16(stored);
}
