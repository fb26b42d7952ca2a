// bound · tanh(x / bound). Drivers' own tanh may lose digits near zero, or overflow far from it.
fn soft_cap(x: vec4f, bound: f32) -> vec4f {
  return bound * tanh4(x / bound);
}

fn tanh4(x: vec4f) -> vec4f {
  let shrunk = exp(-2.0 * abs(x));
  let far = sign(x) * ((vec4(1.0) - shrunk) / (vec4(1.0) + shrunk));
  // Near zero that difference cancels: there the series, whose next term is below 2^-26 of it.
  let square = x * x;
  let series = fma(square, fma(square, fma(square, vec4(-17.0 / 315.0), vec4(2.0 / 15.0)),
                               vec4(-1.0 / 3.0)), vec4(1.0));
  return select(far, x * series, abs(x) < vec4(0.125));
}
