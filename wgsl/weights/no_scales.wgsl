// Weights as floats. A codec adds how an octet is stored: `Stored`, `load_stored`, `unpack`.

// Floats have no scales.
alias Scale = bool;
alias Scales = bool;

// A column is one group: a loop over groups must be known to be none.
fn group_count() -> u32 {
  return 1u;
}

fn group_octets() -> u32 {
  return inner() / 8u;
}

fn load_scale(column: u32, octet: u32) -> Scale {
  return false;
}

fn load_scales(column: u32, octet: u32) -> Scales {
  return false;
}

// The weights of an octet as it is stored.
fn scaled(stored: Stored, scale: Scale) -> Octet {
  return unpack(stored);
}

fn load_weights(column: u32, octet: u32) -> Octet {
  return unpack(load_stored(column, octet));
}

// The same octet of eight columns.
fn load_eight(column: u32, octet: u32, s: Scales) -> array<Octet, 8> {
  return array(load_weights(column, octet), load_weights(column + 1u, octet),
               load_weights(column + 2u, octet), load_weights(column + 3u, octet),
               load_weights(column + 4u, octet), load_weights(column + 5u, octet),
               load_weights(column + 6u, octet), load_weights(column + 7u, octet));
}

// Four octets of a column as they are stored, the first a multiple of four; see matmul_blocks.wgsl.
struct Four { a: Stored, b: Stored, c: Stored, d: Stored }

// One of four octets of a column, of which the last may be less.
fn load_one_of_four(column: u32, octet: u32) -> Stored {
  if (inner() % 32u == 0u) { return load_stored(column, octet); }
  return load_stored(column, min(octet, inner() / 8u - 1u));
}

fn load_four(column: u32, octet: u32) -> Four {
  return Four(load_one_of_four(column, octet), load_one_of_four(column, octet + 1u),
              load_one_of_four(column, octet + 2u), load_one_of_four(column, octet + 3u));
}

fn octet_of(four: Four, i: u32) -> Octet {
  if (i == 0u) { return unpack(four.a); }
  if (i == 1u) { return unpack(four.b); }
  if (i == 2u) { return unpack(four.c); }
  return unpack(four.d);
}

// After octet i was used: its place is taken by that of the next four.
fn replace_octet(four: Four, i: u32, column: u32, next: u32) -> Four {
  let stored = load_one_of_four(column, next + i);
  if (i == 0u) { return Four(stored, four.b, four.c, four.d); }
  if (i == 1u) { return Four(four.a, stored, four.c, four.d); }
  if (i == 2u) { return Four(four.a, four.b, stored, four.d); }
  return Four(four.a, four.b, four.c, stored);
}
