// normed = (hidden − mean) · weight / √(variance + ε) + bias, or without a bias. One workgroup per row.

override WIDTH: u32; // A multiple of 8.
override EPSILON: f32;
override BIASED: bool;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, WIDTH / 4].
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
// [WIDTH / 4] weights, and behind them as many biases if it has them.
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, WIDTH / 4].
@group(0) @binding(3) var<storage, read_write> normed: array<vec4f>;

// Kept as layer_normed_input.wgsl keeps it: of a mean in a register, a device may fuse the division with the
// subtraction, and the bits would be others than there.
var<workgroup> mean_of_row: f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    return;
  }
  let base = row * (WIDTH / 4u);
  var sums = vec4f();
  for (var i = lane; i < WIDTH / 4u; i += WORKGROUP) {
    sums += hidden[base + i];
  }
  let sum = sum_over_workgroup((sums.x + sums.y) + (sums.z + sums.w), lane);
  if (lane == 0u) {
    mean_of_row = sum / f32(WIDTH);
  }
  let mean = workgroupUniformLoad(&mean_of_row);
  var squares = vec4f();
  for (var i = lane; i < WIDTH / 4u; i += WORKGROUP) {
    let centred = hidden[base + i] - mean;
    squares = fma(centred, centred, squares);
  }
  let variance =
    sum_over_workgroup((squares.x + squares.y) + (squares.z + squares.w), lane) / f32(WIDTH);
  let scale = inverseSqrt(variance + EPSILON);
  for (var i = lane; i < WIDTH / 4u; i += WORKGROUP) {
    let scaled = (hidden[base + i] - mean) * scale;
    if (BIASED) {
      normed[base + i] = fma(scaled, norm_weight[i], norm_weight[WIDTH / 4u + i]);
    } else {
      normed[base + i] = scaled * norm_weight[i];
    }
  }
}
