// Weights as single floats: 32 bytes per octet.

@group(0) @binding(1) var<storage, read> weights: array<vec4f>;

alias Stored = Octet;

fn load_stored(column: u32, octet: u32) -> Stored {
  let place = 2u * octet_place(column, octet);
  return Octet(weights[place], weights[place + 1u]);
}

fn unpack(stored: Stored) -> Octet {
  return stored;
}
