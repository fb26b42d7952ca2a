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

fn decode(words: vec2u) -> Octet {
  return Octet(at_places(vec4(words.x) >> vec4(0u, 4u, 8u, 12u)),
               at_places(vec4(words.x) >> vec4(16u, 20u, 24u, 28u)));
}
