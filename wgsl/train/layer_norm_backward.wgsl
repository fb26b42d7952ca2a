// The gradient of y = (x − mean x) · w / √(var x + ε) + b with respect to x: that of rms_norm_backward.wgsl with
// respect to x − mean x, less its mean. One workgroup per row.

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    return;
  }
  let at = row * (HIDDEN / 4u);
  let x_at = row_of_x(row) * (HIDDEN / 4u);
  var sums = vec2f();
  for (var i = lane; i < HIDDEN / 4u; i += WORKGROUP) {
    sums += vec2(dot(hidden[x_at + i], vec4(1.0)), dot(gradient[at + i], norm_weight[i]));
  }
  // The means of x and of w · dy.
  let means = sums_over_workgroup(sums, lane) / f32(HIDDEN);
  workgroupBarrier();
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
    let dx = slope.scale * (gradient[at + i] * norm_weight[i] - means.y) - slope.pull * x;
    keep_gradient(x_at + i, dx);
  }
}
