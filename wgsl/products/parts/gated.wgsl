// Epilogue: activation(gate) · up, where the columns of an octet are four gates and the four values
// that they gate.

override GELU: bool = false; // GELU's approximation by tanh; else SiLU.

// [rows, output_stride()].
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn finish_octet(row: u32, octet: u32, product: Octet) {
  let gate = product.low;
  var slope = gate;
  if (GELU) {
    // x · (1 + tanh(u)) / 2 = x / (1 + exp(−2 u)), with u = √(2/π) · (x + 0.044715 x³).
    slope = 1.5957691216057308 * fma(gate * gate * gate, vec4(0.044715), gate);
  }
  let activated = gate / (vec4(1.0) + exp(-slope));
  output[row * output_stride() + octet] = activated * product.high;
}
