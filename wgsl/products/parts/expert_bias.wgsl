// A product with a bias for each column of each expert.

// [experts, columns / 4].
@group(0) @binding(9) var<storage, read> bias: array<vec4f>;

fn add_bias(row: u32, octet: u32, value: Octet) -> Octet {
  let at = 2u * (rows.row[row].position * expert_matrices.expert_octets + octet);
  return Octet(value.low + bias[at], value.high + bias[at + 1u]);
}
