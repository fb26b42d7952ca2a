// sums[i, j] += Σ_r left[r, i] · right[r, j], the outer products of rows, where many lanes work side by
// side: a product of matrices along the rows. A workgroup has TILE × TILE of the sums, each of its lanes
// 4 × 8 of them in registers. The tile's part of DEPTH rows is staged at a time, so that each number of a
// row is loaded once for TILE sums; the rows are added in ascending order.
//
// Least work: 2 · LEFT_SIZE · RIGHT_SIZE operations per row, and 8 bytes per sum, once.

override LEFT_SIZE: u32; // Numbers of a left row; a multiple of 8.
override RIGHT_SIZE: u32; // Numbers of a right row; a multiple of 8.
override FIRST_LEFT: u32; // First left row.
override FIRST_RIGHT: u32; // First right row.
override COUNT: u32; // Rows.

const TILE = 64u;
const FOURS = 16u; // Of a row's numbers in a tile.
const DEPTH = 16u;
const WORKGROUP = 128u; // 16 lanes down the tile, 8 across.

@group(0) @binding(0) var<storage, read> left: array<vec4f>;
@group(0) @binding(1) var<storage, read> right: array<vec4f>;
// [LEFT_SIZE, RIGHT_SIZE].
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

// [DEPTH, FOURS].
var<workgroup> left_rows: array<vec4f, 256>;
var<workgroup> right_rows: array<vec4f, 256>;

fn load_left(row: u32, column: u32) -> vec4f {
  if (row >= COUNT || column >= LEFT_SIZE) {
    return vec4f();
  }
  return left[((FIRST_LEFT + row) * LEFT_SIZE + column) / 4u];
}

fn load_right(row: u32, column: u32) -> vec4f {
  if (row >= COUNT || column >= RIGHT_SIZE) {
    return vec4f();
  }
  return right[((FIRST_RIGHT + row) * RIGHT_SIZE + column) / 4u];
}

fn add_to_sums(row: u32, column: u32, low: vec4f, high: vec4f) {
  if (row >= LEFT_SIZE) {
    return;
  }
  let at = (row * RIGHT_SIZE + column) / 4u;
  // The lane's two fours are half a tile apart, so that neighbours read neighbouring words.
  if (column < RIGHT_SIZE) {
    sums[at] += low;
  }
  if (column + TILE / 2u < RIGHT_SIZE) {
    sums[at + TILE / 8u] += high;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let across = lane % 8u;
  let down = lane / 8u;
  var a_low = vec4f();
  var a_high = vec4f();
  var b_low = vec4f();
  var b_high = vec4f();
  var c_low = vec4f();
  var c_high = vec4f();
  var d_low = vec4f();
  var d_high = vec4f();
  for (var first = 0u; first < COUNT; first += DEPTH) {
    workgroupBarrier();
    for (var i = lane; i < DEPTH * FOURS; i += WORKGROUP) {
      let row = first + i / FOURS;
      left_rows[i] = load_left(row, TILE * group.y + 4u * (i % FOURS));
      right_rows[i] = load_right(row, TILE * group.x + 4u * (i % FOURS));
    }
    workgroupBarrier();
    for (var r = 0u; r < DEPTH; r++) {
      let l = left_rows[r * FOURS + down];
      let low = right_rows[r * FOURS + across];
      let high = right_rows[r * FOURS + across + FOURS / 2u];
      a_low = fma(vec4(l.x), low, a_low);
      a_high = fma(vec4(l.x), high, a_high);
      b_low = fma(vec4(l.y), low, b_low);
      b_high = fma(vec4(l.y), high, b_high);
      c_low = fma(vec4(l.z), low, c_low);
      c_high = fma(vec4(l.z), high, c_high);
      d_low = fma(vec4(l.w), low, d_low);
      d_high = fma(vec4(l.w), high, d_high);
    }
  }
  let row = TILE * group.y + 4u * down;
  let column = TILE * group.x + 4u * across;
  add_to_sums(row, column, a_low, a_high);
  add_to_sums(row + 1u, column, b_low, b_high);
  add_to_sums(row + 2u, column, c_low, c_high);
  add_to_sums(row + 3u, column, d_low, d_high);
}
