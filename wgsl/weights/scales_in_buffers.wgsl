// Where scales stand: in a buffer, 16 bytes at a time.

@group(0) @binding(10) var<storage, read> scales: array<vec4u>;

fn scale_words(i: u32) -> vec4u {
  return scales[i];
}
