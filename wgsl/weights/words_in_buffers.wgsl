// Where octets stand: in a buffer, 16 bytes at a time.

@group(0) @binding(1) var<storage, read> weights: array<vec4u>;

fn weight_words(i: u32) -> vec4u {
  return weights[i];
}
