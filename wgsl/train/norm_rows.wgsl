// What the ways back through the norms of rows share: y is the norm of x with weights w.

override HIDDEN: u32; // A multiple of 8.
override GATHER: bool = false; // The row of x and of its gradient is the one that the token names.
override ADD: bool; // Adds to the gradient of x instead of setting it.

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, HIDDEN]: x.
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
// [HIDDEN]: w; what stands behind it does not matter.
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, HIDDEN]: dy.
@group(0) @binding(3) var<storage, read> gradient: array<vec4f>;
// [rows, HIDDEN]: dx.
@group(0) @binding(4) var<storage, read_write> hidden_gradient: array<vec4f>;

// The row that x and its gradient have.
fn row_of_x(row: u32) -> u32 {
  if (GATHER) {
    return rows.row[row].token;
  }
  return row;
}

fn keep_gradient(at: u32, dx: vec4f) {
  if (ADD) {
    hidden_gradient[at] += dx;
  } else {
    hidden_gradient[at] = dx;
  }
}
