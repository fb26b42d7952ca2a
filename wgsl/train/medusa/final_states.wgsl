// Hidden states as the LM head sees them: hidden · norm weight / rms(hidden), from prepared rows. An
// invocation writes four numbers, and adds up the squares of the whole row for itself.

override HIDDEN: u32; // A multiple of 8.
override EPSILON: f32;
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, 3 · HIDDEN / 8]: hidden · norm weight [HIDDEN / 4], then the squares of hidden [HIDDEN / 8].
@group(0) @binding(1) var<storage, read> prepared: array<vec4f>;
// [rows, HIDDEN / 4].
@group(0) @binding(2) var<storage, read_write> states: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (row >= rows.count || column >= HIDDEN / 4u) {
    return;
  }
  let at = row * (HIDDEN / 4u + HIDDEN / 8u);
  var sums = vec4f();
  for (var i = 0u; i < HIDDEN / 8u; i++) {
    sums += prepared[at + HIDDEN / 4u + i];
  }
  let squares = (sums.x + sums.y) + (sums.z + sums.w);
  let scale = inverseSqrt(squares / f32(HIDDEN) + EPSILON);
  states[row * (HIDDEN / 4u) + column] = prepared[at + column] * scale;
}
