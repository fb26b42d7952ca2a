// hidden += RESIDUAL_SCALE · norm(added), and the next norm's input. One workgroup per row.

override WIDTH: u32; // A multiple of 8.
override EPSILON: f32;
override RESIDUAL_SCALE: f32 = 1;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, WIDTH / 4].
@group(0) @binding(1) var<storage, read> added: array<vec4f>;
// [WIDTH / 4].
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, WIDTH / 4], see residual_stream.wgsl.
@group(0) @binding(3) var<storage, read_write> hidden: array<vec4f>;
// [rows, 3 · WIDTH / 8], prepared rows for the norm that comes next.
@group(0) @binding(4) var<storage, read_write> prepared: array<vec4f>;
// [WIDTH / 4], the weight of that norm.
@group(0) @binding(5) var<storage, read> next_norm_weight: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    return;
  }
  let base = row * (WIDTH / 4u);
  let before = (stream_rows.from_row + row) * (WIDTH / 4u);
  let after = (stream_rows.to_row + row) * (WIDTH / 4u);
  let prepared_base = row * (WIDTH / 4u + WIDTH / 8u);
  var squares = 0.0;
  for (var octet = lane; octet < WIDTH / 8u; octet += WORKGROUP) {
    let at = base + 2u * octet;
    squares += sum_of_squares(Octet(added[at], added[at + 1u]));
  }
  let mean = sum_over_workgroup(squares, lane) / f32(WIDTH);
  let factor = RESIDUAL_SCALE * inverseSqrt(mean + EPSILON);
  for (var octet = lane; octet < WIDTH / 8u; octet += WORKGROUP) {
    let at = base + 2u * octet;
    let weight = 2u * octet;
    let low = fma(added[at] * factor, norm_weight[weight], hidden[before + weight]);
    let high = fma(added[at + 1u] * factor, norm_weight[weight + 1u], hidden[before + weight + 1u]);
    hidden[after + weight] = low;
    hidden[after + weight + 1u] = high;
    prepared[prepared_base + weight] = low * next_norm_weight[weight];
    prepared[prepared_base + weight + 1u] = high * next_norm_weight[weight + 1u];
    prepared[prepared_base + WIDTH / 4u + octet] = fma(low, low, high * high);
  }
}
