// Eight weights of a matrix at a time, as they are stored.

override INNER: u32; // Weights per column of the matrix; a multiple of 8.
override WEIGHT_FORMAT: u32; // 0: f32, 1: f16, 2: bf16.
override INTERLEAVED: bool; // Whether the same octet of eight columns follow each other.

// [columns, INNER / 8] octets, or [columns / 8, INNER / 8, 8] if INTERLEAVED.
@group(0) @binding(1) var<storage, read> weights: array<vec4u>;

fn load_weights(column: u32, octet: u32) -> Octet {
  var index = column * (INNER / 8u) + octet;
  if (INTERLEAVED) {
    index = (column / 8u * (INNER / 8u) + octet) * 8u + column % 8u;
  }
  if (WEIGHT_FORMAT == 0u) {
    return Octet(bitcast<vec4f>(weights[2u * index]), bitcast<vec4f>(weights[2u * index + 1u]));
  }
  if (WEIGHT_FORMAT == 1u) {
    return unpack_f16(weights[index]);
  }
  return unpack_bf16(weights[index]);
}
