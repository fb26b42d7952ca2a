// The gradient of y = x · w / rms(x) with respect to x, see norm_slope.wgsl. One workgroup per row.

override HIDDEN: u32; // A multiple of 8.
override GATHER: bool = false; // The row of x and of its gradient is the one that the token names.
override ADD: bool; // Adds to the gradient of x instead of setting it.

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, HIDDEN]: x.
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
// [HIDDEN]: w.
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, HIDDEN]: dy.
@group(0) @binding(3) var<storage, read> gradient: array<vec4f>;
// [rows, HIDDEN]: dx.
@group(0) @binding(4) var<storage, read_write> hidden_gradient: array<vec4f>;

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
  var squares = vec4f();
  var products = vec4f();
  for (var i = lane; i < HIDDEN / 4u; i += WORKGROUP) {
    let x = hidden[x_at + i];
    squares = fma(x, x, squares);
    products = fma(x, gradient[at + i] * norm_weight[i], products);
  }
  let slope = norm_slope(squares, products, HIDDEN, lane);
  for (var i = lane; i < HIDDEN / 4u; i += WORKGROUP) {
    var value = slope.scale * gradient[at + i] * norm_weight[i] - slope.pull * hidden[x_at + i];
    if (ADD) {
      value += hidden_gradient[x_at + i];
    }
    hidden_gradient[x_at + i] = value;
  }
}
