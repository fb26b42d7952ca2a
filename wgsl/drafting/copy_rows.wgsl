// Keeps the residual stream of the batch's rows as it is on entering a layer.

override WIDTH: u32; // Length of a row, in vec4.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, WIDTH].
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
// [rows, WIDTH].
@group(0) @binding(2) var<storage, read_write> kept: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = group.x * WORKGROUP + local;
  if (group.y < rows.count && column < WIDTH) {
    kept[group.y * WIDTH + column] = source[group.y * WIDTH + column];
  }
}
