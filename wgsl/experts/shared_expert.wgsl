// An expert that all rows have, times the sigmoid of a logit that stands behind those of the others.

override EXPERTS: u32;
override STRIDE: u32; // Distance of the logits of neighbouring rows.

// [rows, WIDTH / 4].
@group(0) @binding(7) var<storage, read> shared_output: array<vec4f>;
// [rows, STRIDE].
@group(0) @binding(8) var<storage, read> logits: array<f32>;

fn add_shared(sum: Octet, row: u32, at: u32) -> Octet {
  let weight = vec4(1.0 / (1.0 + exp(-logits[row * STRIDE + EXPERTS])));
  let source = row * (WIDTH / 4u) + at;
  return Octet(fma(weight, shared_output[source], sum.low), fma(weight, shared_output[source + 1u], sum.high));
}
