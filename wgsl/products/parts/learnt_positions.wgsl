// Embeddings of positions, which are added to those of tokens.

// [positions, inner() / 4].
@group(0) @binding(5) var<storage, read> positions: array<vec4f>;

fn positioned(row: u32, octet: u32, value: Octet) -> Octet {
  let at = rows.row[row].position * (inner() / 4u) + 2u * octet;
  return Octet(value.low + positions[at], value.high + positions[at + 1u]);
}
