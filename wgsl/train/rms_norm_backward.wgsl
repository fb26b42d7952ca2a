// The gradient of y = x · w / rms(x) with respect to x, see norm_slope.wgsl. One workgroup per row;
// norm_rows.wgsl has its bindings.

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    return;
  }
  let at = row * (HIDDEN / 4u);
  let x_at = row_of_x(row) * (HIDDEN / 4u);
  var squares = vec4f();
  var products = vec4f();
  for (var i = lane; i < HIDDEN / 4u; i += WORKGROUP) {
    let x = hidden[x_at + i];
    squares = fma(x, x, squares);
    products = fma(x, gradient[at + i] * norm_weight[i], products);
  }
  let slope = norm_slope(squares, products, HIDDEN, lane);
  for (var i = lane; i < HIDDEN / 4u; i += WORKGROUP) {
    let dx = slope.scale * gradient[at + i] * norm_weight[i] - slope.pull * hidden[x_at + i];
    keep_gradient(x_at + i, dx);
  }
}
