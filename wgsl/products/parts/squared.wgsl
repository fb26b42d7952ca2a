// Epilogue: the square of what is positive of the product, relu(x)².

// [rows, output_stride()].
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn finish_octet(row: u32, octet: u32, product: Octet) {
  let low = max(product.low, vec4(0.0));
  let high = max(product.high, vec4(0.0));
  let at = row * output_stride() + 2u * octet;
  output[at] = low * low;
  output[at + 1u] = high * high;
}
