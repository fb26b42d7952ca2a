// Weights as bfloat16, the upper halves of single floats: 16 bytes per octet.

alias Stored = vec4u;

fn load_stored(column: u32, octet: u32) -> Stored {
  return weight_words(octet_place(column, octet));
}

fn unpack(stored: Stored) -> Octet {
  return unpack_bf16(stored);
}
