// Weights as places in a table of sixteen numbers, four bits each, the first in the lowest bits: 4 bytes
// per octet.

override TABLE_0: f32;
override TABLE_1: f32;
override TABLE_2: f32;
override TABLE_3: f32;
override TABLE_4: f32;
override TABLE_5: f32;
override TABLE_6: f32;
override TABLE_7: f32;
override TABLE_8: f32;
override TABLE_9: f32;
override TABLE_10: f32;
override TABLE_11: f32;
override TABLE_12: f32;
override TABLE_13: f32;
override TABLE_14: f32;
override TABLE_15: f32;

override OF_FLOATS: bool; // The table is that of E2M1, which takes a third of the instructions to compute.

const OCTET_WORDS = 1u;

// One of two numbers for each place, by one of its bits.
fn by_bit(places: vec4u, bit: u32, zero: vec4f, one: vec4f) -> vec4f {
  return select(zero, one, (places & vec4(bit)) != vec4(0u));
}

// The numbers at four places. Chosen bit by bit: an array that a variable indexes would leave the
// registers.
fn at_places(places: vec4u) -> vec4f {
  let s0 = by_bit(places, 1u, vec4(TABLE_0), vec4(TABLE_1));
  let s1 = by_bit(places, 1u, vec4(TABLE_2), vec4(TABLE_3));
  let s2 = by_bit(places, 1u, vec4(TABLE_4), vec4(TABLE_5));
  let s3 = by_bit(places, 1u, vec4(TABLE_6), vec4(TABLE_7));
  let s4 = by_bit(places, 1u, vec4(TABLE_8), vec4(TABLE_9));
  let s5 = by_bit(places, 1u, vec4(TABLE_10), vec4(TABLE_11));
  let s6 = by_bit(places, 1u, vec4(TABLE_12), vec4(TABLE_13));
  let s7 = by_bit(places, 1u, vec4(TABLE_14), vec4(TABLE_15));
  let low = by_bit(places, 4u, by_bit(places, 2u, s0, s1), by_bit(places, 2u, s2, s3));
  let high = by_bit(places, 4u, by_bit(places, 2u, s4, s5), by_bit(places, 2u, s6, s7));
  return by_bit(places, 8u, low, high);
}

// Floats of a sign, two bits of an exponent and one of a fraction, which are the upper bits. With the exponents
// of 2 and more they are f = 2, 3, 4, 6 … 24; a quarter of that is what they stand for, but those without an
// exponent, whose f is 2 or 3, stand for f / 2 - 1, which is the lesser for these and no others. All is exact.
fn small_floats(bits: vec4u) -> vec4f {
  let f = bitcast<vec4f>(((bits >> vec4(6u)) & vec4(0x01c00000u)) | vec4(0x40000000u));
  let size = min(0.25 * f, fma(f, vec4(0.5), vec4(-1.0)));
  return bitcast<vec4f>(bitcast<vec4u>(size) | (bits & vec4(0x80000000u)));
}

fn decode(words: vec2u) -> Octet {
  if (OF_FLOATS) {
    return Octet(small_floats(vec4(words.x) << vec4(28u, 24u, 20u, 16u)),
                 small_floats(vec4(words.x) << vec4(12u, 8u, 4u, 0u)));
  }
  return Octet(at_places(vec4(words.x) >> vec4(0u, 4u, 8u, 12u)),
               at_places(vec4(words.x) >> vec4(16u, 20u, 24u, 28u)));
}
