// The gradient of an activation without gates with respect to what it is of, which it takes the place of. One
// invocation per four columns.

override VECTORS: u32; // Of a row.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, VECTORS].
@group(0) @binding(1) var<storage, read> activated_gradient: array<vec4f>;
// [rows, VECTORS].
@group(0) @binding(2) var<storage, read_write> products: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.y >= rows.count || id.x >= VECTORS) {
    return;
  }
  let at = id.y * VECTORS + id.x;
  products[at] = activation_slope(products[at]) * activated_gradient[at];
}
