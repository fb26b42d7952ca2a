// Epilogue: (up + 1) · gate · sigmoid(ALPHA · gate), of gates that are at most LIMIT and values from −LIMIT to
// LIMIT, where the columns of an octet are four gates and the four values that they gate.

override LIMIT: f32;
override ALPHA: f32;

// [rows, output_stride()].
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn finish_octet(row: u32, octet: u32, product: Octet) {
  let gate = min(product.low, vec4(LIMIT));
  let up = clamp(product.high, vec4(-LIMIT), vec4(LIMIT));
  let activated = gate / (vec4(1.0) + exp(-ALPHA * gate));
  output[row * output_stride() + octet] = (up + vec4(1.0)) * activated;
}
