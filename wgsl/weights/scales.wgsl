// Scales of quantised weights: a scale and an offset for each group of weights along the sum.

override GROUP_OCTETS: u32; // Octets of a group.
override SCALES_SINGLE: bool = false; // Both numbers are single floats, in two words.
override SCALES_BFLOAT: bool = false; // They are bfloat16; else half precision. In one word.
override OFFSET_ADDED: bool; // A weight is code · scale + offset; else (code − offset) · scale.

// [columns, INNER / 8 / GROUP_OCTETS], or as the octets if those are INTERLEAVED.
@group(0) @binding(10) var<storage, read> scales: array<u32>;

// The scale and the offset of an octet.
fn load_scale(column: u32, octet: u32) -> vec2f {
  let place = place_of(column, octet / GROUP_OCTETS, INNER / 8u / GROUP_OCTETS);
  if (SCALES_SINGLE) {
    return bitcast<vec2f>(vec2(scales[2u * place], scales[2u * place + 1u]));
  }
  let words = scales[place];
  if (SCALES_BFLOAT) {
    return bitcast<vec2f>(vec2(words << 16u, words & 0xffff0000u));
  }
  return unpack2x16float(words);
}

// The weights that the codes of an octet stand for.
fn scaled(codes: Octet, column: u32, octet: u32) -> Octet {
  let scale = load_scale(column, octet);
  if (OFFSET_ADDED) {
    return Octet(fma(codes.low, vec4(scale.x), vec4(scale.y)),
                 fma(codes.high, vec4(scale.x), vec4(scale.y)));
  }
  return Octet((codes.low - scale.y) * scale.x, (codes.high - scale.y) * scale.x);
}
