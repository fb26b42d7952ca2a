// Epilogue: the product as it is, or as scaled and softly bounded logits.

override SCALE: f32 = 1;
override SOFT_CAP: f32 = 0; // 0 leaves the values unbounded.

// [rows, output_stride()].
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn finish_octet(row: u32, octet: u32, product: Octet) {
  var value = Octet(product.low * SCALE, product.high * SCALE);
  if (SOFT_CAP > 0.0) {
    value = Octet(soft_cap(value.low, SOFT_CAP), soft_cap(value.high, SOFT_CAP));
  }
  let at = row * output_stride() + 2u * octet;
  output[at] = value.low;
  output[at + 1u] = value.high;
}
