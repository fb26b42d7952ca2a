// Weights as single floats: 32 bytes per octet.

alias Stored = Octet;

fn load_stored(column: u32, octet: u32) -> Stored {
  let place = 2u * octet_place(column, octet);
  return Octet(bitcast<vec4f>(weight_words(place)), bitcast<vec4f>(weight_words(place + 1u)));
}

fn unpack(stored: Stored) -> Octet {
  return stored;
}
