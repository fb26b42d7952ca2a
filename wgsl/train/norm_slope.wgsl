// What the gradients of norms have in common. With g = w · dy and s = 1 / √(mean x² + ε), the gradient
// with respect to x is s · g − x · s³ · Σ(g · x) / n.

override EPSILON: f32;
override WORKGROUP: u32;

var<workgroup> partial: array<vec2f, WORKGROUP>;

// s, and s³ · Σ(g · x) / n.
struct NormSlope { scale: f32, pull: f32 }

// From a lane's parts of Σ x² and Σ(g · x) over `count` numbers.
fn norm_slope(squares: vec4f, products: vec4f, count: u32, lane: u32) -> NormSlope {
  partial[lane] = vec2((squares.x + squares.y) + (squares.z + squares.w),
                       (products.x + products.y) + (products.z + products.w));
  workgroupBarrier();
  var sums = vec2f();
  for (var l = 0u; l < WORKGROUP; l++) {
    sums += partial[l];
  }
  let scale = inverseSqrt(sums.x / f32(count) + EPSILON);
  return NormSlope(scale, scale * scale * scale * sums.y / f32(count));
}
