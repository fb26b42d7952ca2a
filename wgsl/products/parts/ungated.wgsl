// Epilogue: the activation of the product, see activation.wgsl.

// [rows, output_stride()].
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn finish_octet(row: u32, octet: u32, product: Octet) {
  let at = row * output_stride() + 2u * octet;
  output[at] = activated(product.low);
  output[at + 1u] = activated(product.high);
}
