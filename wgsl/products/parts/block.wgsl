// Epilogue: residual blocks, x + silu(product), where x is the prepared input divided by its root mean square.
// Each block has a column for each number of the input. An invocation adds up the squares of the whole row for
// itself.

// [rows, output_stride()].
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn norm_of_input(start: u32) -> f32 {
  let octets = inner() / 8u + unknown_zero();
  var sums = vec4f();
  for (var octet = 0u; octet < octets; octet++) {
    sums += squares_vector(start, octet);
  }
  let squares = (sums.x + sums.y) + (sums.z + sums.w);
  return inverseSqrt(squares / f32(inner()) + epsilon());
}

fn finish_octet(row: u32, octet: u32, product: Octet) {
  let start = input_of(row);
  let scale = norm_of_input(start);
  let i = 2u * (octet % (inner() / 8u));
  let low = input_vector(start, i) * scale;
  let high = input_vector(start, i + 1u) * scale;
  let at = row * output_stride() + 2u * octet;
  output[at] = low + product.low / (vec4(1.0) + exp(-product.low));
  output[at + 1u] = high + product.high / (vec4(1.0) + exp(-product.high));
}
