// The gradient of y = (x − mean x) · w / √(var x + ε) + b with respect to x: that of rms_norm_backward.wgsl with
// respect to x − mean x, less its mean. One workgroup per row.

override HIDDEN: u32; // A multiple of 8.
override GATHER: bool = false; // The row of x and of its gradient is the one that the token names.
override ADD: bool; // Adds to the gradient of x instead of setting it.

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, HIDDEN]: x.
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
// [HIDDEN]: w; what stands behind it does not matter.
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, HIDDEN]: dy.
@group(0) @binding(3) var<storage, read> gradient: array<vec4f>;
// [rows, HIDDEN]: dx.
@group(0) @binding(4) var<storage, read_write> hidden_gradient: array<vec4f>;

var<workgroup> partial_means: array<vec2f, WORKGROUP>;

// The means of x and of w · dy, from a lane's parts of their sums.
fn means_over_workgroup(own: vec2f, lane: u32) -> vec2f {
  partial_means[lane] = own;
  workgroupBarrier();
  var sums = vec2f();
  for (var l = 0u; l < WORKGROUP; l++) {
    sums += partial_means[l];
  }
  return sums / f32(HIDDEN);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    return;
  }
  var target_row = row;
  if (GATHER) {
    target_row = rows.row[row].token;
  }
  let at = row * (HIDDEN / 4u);
  let x_at = target_row * (HIDDEN / 4u);
  var sums = vec2f();
  for (var i = lane; i < HIDDEN / 4u; i += WORKGROUP) {
    sums += vec2(dot(hidden[x_at + i], vec4(1.0)), dot(gradient[at + i], norm_weight[i]));
  }
  let means = means_over_workgroup(sums, lane);
  var squares = vec4f();
  var products = vec4f();
  for (var i = lane; i < HIDDEN / 4u; i += WORKGROUP) {
    let x = hidden[x_at + i] - means.x;
    squares = fma(x, x, squares);
    products = fma(x, gradient[at + i] * norm_weight[i], products);
  }
  let slope = norm_slope(squares, products, HIDDEN, lane);
  for (var i = lane; i < HIDDEN / 4u; i += WORKGROUP) {
    let x = hidden[x_at + i] - means.x;
    var value = slope.scale * (gradient[at + i] * norm_weight[i] - means.y) - slope.pull * x;
    if (ADD) {
      value += hidden_gradient[x_at + i];
    }
    hidden_gradient[x_at + i] = value;
  }
}
