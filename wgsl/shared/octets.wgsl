// Eight neighbouring numbers.
struct Octet { low: vec4f, high: vec4f }

fn sum_of_squares(value: Octet) -> f32 {
  let squares = fma(value.low, value.low, value.high * value.high);
  return (squares.x + squares.y) + (squares.z + squares.w);
}

// Eight half-precision numbers in four words.
fn unpack_f16(words: vec4u) -> Octet {
  return Octet(vec4(unpack2x16float(words.x), unpack2x16float(words.y)),
               vec4(unpack2x16float(words.z), unpack2x16float(words.w)));
}

fn pack_f16(octet: Octet) -> vec4u {
  return vec4(pack2x16float(octet.low.xy), pack2x16float(octet.low.zw),
              pack2x16float(octet.high.xy), pack2x16float(octet.high.zw));
}

// Eight bfloat16 numbers in four words: the upper halves of floats.
fn unpack_bf16(words: vec4u) -> Octet {
  let even = bitcast<vec4f>(words << vec4(16u));
  let odd = bitcast<vec4f>(words & vec4(0xffff0000u));
  return Octet(vec4(even.x, odd.x, even.y, odd.y), vec4(even.z, odd.z, even.w, odd.w));
}
