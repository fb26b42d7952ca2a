// The gradient of relu(x)² with respect to x, which takes the place of x: 2 · relu(x) · gradient. One
// invocation per four columns.

override VECTORS: u32; // Of a row.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, VECTORS].
@group(0) @binding(1) var<storage, read> squared_gradient: array<vec4f>;
// [rows, VECTORS].
@group(0) @binding(2) var<storage, read_write> products: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.y >= rows.count || id.x >= VECTORS) {
    return;
  }
  let at = id.y * VECTORS + id.x;
  products[at] = 2.0 * max(products[at], vec4(0.0)) * squared_gradient[at];
}
