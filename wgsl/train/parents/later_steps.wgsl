// Rows of logits that come step by step, one for each of some positions, and what the steps after the first
// have in common: a row for each position, which is added to them, or becomes the sum of them. One invocation
// per four columns of a position.

override STEPS: u32;
override POSITIONS: u32;
override STRIDE: u32; // Distance of rows, in vec4.
override SUMS: bool; // Whether `shared_rows` becomes the sum, rather than being added.
override WORKGROUP: u32;

// [STEPS, POSITIONS, STRIDE].
@group(0) @binding(0) var<storage, read_write> logits: array<vec4f>;
// [POSITIONS, STRIDE].
@group(0) @binding(1) var<storage, read_write> shared_rows: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= STRIDE) {
    return;
  }
  let at = id.y * STRIDE + id.x;
  var sum = vec4f();
  for (var step = 1u; step < STEPS; step++) {
    let row = step * POSITIONS * STRIDE + at;
    if (SUMS) {
      sum += logits[row];
    } else {
      logits[row] += shared_rows[at];
    }
  }
  if (SUMS) {
    shared_rows[at] = sum;
  }
}
