// Epilogue: activation(gate) · up, where the columns of an octet are four gates and the four values
// that they gate, see activation.wgsl.

// [rows, output_stride()].
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn finish_octet(row: u32, octet: u32, product: Octet) {
  output[row * output_stride() + octet] = activated(product.low) * product.high;
}
