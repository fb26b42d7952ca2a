// A product with a bias for each column.

// [columns / 4].
@group(0) @binding(9) var<storage, read> bias: array<vec4f>;

fn add_bias(row: u32, octet: u32, value: Octet) -> Octet {
  return Octet(value.low + bias[2u * octet], value.high + bias[2u * octet + 1u]);
}
