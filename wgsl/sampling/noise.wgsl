// Noise that depends on seed, position and token alone.

// High and low word of a 32 × 32 bit product.
fn multiply_wide(a: u32, b: u32) -> vec2u {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2((a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u), a * b);
}

// Philox 4×32 with ten rounds: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
fn philox(first: vec4u, key: vec2u) -> vec4u {
  var counter = first;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let a = multiply_wide(0xd2511f53u, counter.x);
    let b = multiply_wide(0xcd9e8d57u, counter.z);
    counter = vec4(b.x ^ counter.y ^ k.x, b.y, a.x ^ counter.w ^ k.y, a.y);
    k += vec2(0x9e3779b9u, 0xbb67ae85u);
  }
  return counter;
}

// Gumbel noise −log(E) with E = −log(1 − v) and v = (word + ½) / 2³². 1 − v is (~word + ½) / 2³²;
// near 1, where it would lose the digits of v, E is its series.
fn gumbel(words: vec4u) -> vec4f {
  let v = (vec4f(words) + 0.5) * 2.3283064365386963e-10;
  let series = v * (1.0 + v * (0.5 + v * 0.33333334));
  let complement = (vec4f(~words) + 0.5) * 2.3283064365386963e-10;
  return -log(select(-log(complement), series, v < vec4(0.015625)));
}

// The noise of the tokens 4 i … 4 i + 3, should they stand at the position.
fn noise_of(i: u32, position: u32, key: vec2u) -> vec4f {
  return gumbel(philox(vec4(i, position, 0u, 0u), key));
}

fn noise_of_token(token: u32, position: u32, key: vec2u) -> f32 {
  return noise_of(token / 4u, position, key)[token % 4u];
}
