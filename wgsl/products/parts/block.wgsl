// Epilogue: residual blocks, x + silu(product), where x is the input, of prepared ones divided by its root
// mean square. Each block has a column for each number of the input.

// [rows, output_stride()].
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn finish_octet(row: u32, octet: u32, product: Octet) {
  let start = input_of(row);
  let i = 2u * (octet % (inner() / 8u));
  let low = input_vector(start, i) * scale_of_row;
  let high = input_vector(start, i + 1u) * scale_of_row;
  let at = row * output_stride() + 2u * octet;
  output[at] = low + product.low / (vec4(1.0) + exp(-product.low));
  output[at + 1u] = high + product.high / (vec4(1.0) + exp(-product.high));
}
