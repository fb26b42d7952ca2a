// sums[c] += Σ_r values[r, c], the rows in ascending order. One invocation per four columns.

override WIDTH: u32; // Length of a row, in vec4.
override COUNT: u32; // Rows.
override WORKGROUP: u32;

// [rows, WIDTH].
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
// [WIDTH].
@group(0) @binding(1) var<storage, read_write> sums: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= WIDTH) {
    return;
  }
  var sum = vec4f();
  for (var r = 0u; r < COUNT; r++) {
    sum += values[r * WIDTH + id.x];
  }
  sums[id.x] += sum;
}
