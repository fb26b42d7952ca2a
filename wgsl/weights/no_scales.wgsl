// Weights as floats: a codec adds `load_weights`.

override GROUP_OCTETS: u32 = INNER / 8u; // Octets that share what goes before them: all of a column.

// Floats have no scales.
alias Scales = bool;

fn load_scales(column: u32, octet: u32) -> Scales {
  return false;
}

// The same octet of eight columns.
fn load_eight(column: u32, octet: u32, s: Scales) -> array<Octet, 8> {
  return array(load_weights(column, octet), load_weights(column + 1u, octet),
               load_weights(column + 2u, octet), load_weights(column + 3u, octet),
               load_weights(column + 4u, octet), load_weights(column + 5u, octet),
               load_weights(column + 6u, octet), load_weights(column + 7u, octet));
}
