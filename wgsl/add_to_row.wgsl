// Adds a row to the one row of `target_rows` that the first row's token names.

override WIDTH: u32; // Length of a row, in vec4.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [1, WIDTH].
@group(0) @binding(1) var<storage, read> addend: array<vec4f>;
// [rows, WIDTH].
@group(0) @binding(2) var<storage, read_write> target_rows: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (rows.count == 0u || id.x >= WIDTH) {
    return;
  }
  target_rows[rows.row[0].token * WIDTH + id.x] += addend[id.x];
}
