// What the gradients of norms have in common. With g = w · dy and s = 1 / √(mean x² + ε), the gradient
// with respect to x is s · g − x · s³ · Σ(g · x) / n.

override EPSILON: f32;
override WORKGROUP: u32;

var<workgroup> partial: array<vec2f, WORKGROUP>;

// s, and s³ · Σ(g · x) / n.
struct NormSlope { scale: f32, pull: f32 }

// Two sums over all lanes.
fn sums_over_workgroup(own: vec2f, lane: u32) -> vec2f {
  partial[lane] = own;
  workgroupBarrier();
  var sums = vec2f();
  for (var l = 0u; l < WORKGROUP; l++) {
    sums += partial[l];
  }
  return sums;
}

// From a lane's parts of Σ x² and Σ(g · x) over `count` numbers.
fn norm_slope(squares: vec4f, products: vec4f, count: u32, lane: u32) -> NormSlope {
  let own = vec2((squares.x + squares.y) + (squares.z + squares.w),
                 (products.x + products.y) + (products.z + products.w));
  let sums = sums_over_workgroup(own, lane);
  let scale = inverseSqrt(sums.x / f32(count) + EPSILON);
  return NormSlope(scale, scale * scale * scale * sums.y / f32(count));
}
