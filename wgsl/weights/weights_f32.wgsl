// Weights as single floats: 32 bytes per octet.

@group(0) @binding(1) var<storage, read> weights: array<vec4f>;

fn load_weights(column: u32, octet: u32) -> Octet {
  let place = 2u * octet_place(column, octet);
  return Octet(weights[place], weights[place + 1u]);
}
