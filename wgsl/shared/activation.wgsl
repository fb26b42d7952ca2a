// Activations of MLPs, and their derivatives.

override ACTIVATION: u32; // relu(x)², GELU's approximation by tanh, GELU, relu(x), or SiLU.

const RELU_SQUARED = 0u;
const GELU_TANH = 1u;
const GELU = 2u;
const RELU = 3u;
const SILU = 4u;

// 1 − erf(x) for x ≥ 0, within 1.5e-7: Abramowitz and Stegun (1964), 7.1.26.
fn erfc_of_positive(x: vec4f) -> vec4f {
  let t = vec4(1.0) / fma(x, vec4(0.3275911), vec4(1.0));
  var p = fma(t, vec4(1.061405429), vec4(-1.453152027));
  p = fma(t, p, vec4(1.421413741));
  p = fma(t, p, vec4(-0.284496736));
  p = fma(t, p, vec4(0.254829592));
  return t * p * exp(-x * x);
}

// The part of a normal distribution below x.
fn normal_below(x: vec4f) -> vec4f {
  let beyond = 0.5 * erfc_of_positive(abs(x) * 0.7071067811865476);
  return select(beyond, vec4(1.0) - beyond, x > vec4(0.0));
}

// 2 √(2/π) · (x + 0.044715 x³): GELU's approximation is x · sigmoid of this.
fn gelu_exponent(x: vec4f) -> vec4f {
  return 1.5957691216057308 * fma(x * x * x, vec4(0.044715), x);
}

fn activated(x: vec4f) -> vec4f {
  switch (ACTIVATION) {
    case RELU_SQUARED: {
      let positive = max(x, vec4(0.0));
      return positive * positive;
    }
    case GELU_TANH: {
      return x / (vec4(1.0) + exp(-gelu_exponent(x)));
    }
    case RELU: {
      return max(x, vec4(0.0));
    }
    case SILU: {
      return x / (vec4(1.0) + exp(-x));
    }
    default: {
      return x * normal_below(x);
    }
  }
}

fn activation_slope(x: vec4f) -> vec4f {
  switch (ACTIVATION) {
    case RELU_SQUARED: {
      return 2.0 * max(x, vec4(0.0));
    }
    case GELU_TANH: {
      let slope = 1.5957691216057308 * fma(x * x, vec4(0.134145), vec4(1.0));
      let sigmoid = vec4(1.0) / (vec4(1.0) + exp(-gelu_exponent(x)));
      return sigmoid * (vec4(1.0) + x * (vec4(1.0) - sigmoid) * slope);
    }
    case RELU: {
      return select(vec4(0.0), vec4(1.0), x > vec4(0.0));
    }
    case SILU: {
      let sigmoid = vec4(1.0) / (vec4(1.0) + exp(-x));
      return sigmoid * (vec4(1.0) + x * (vec4(1.0) - sigmoid));
    }
    default: {
      return normal_below(x) + x * 0.3989422804014327 * exp(-0.5 * x * x);
    }
  }
}
