// output[r, c] = Σ_k input[r, k] · weights[c, k] for many rows, with the bits of matmul_blocks.wgsl and for
// weights in the same order.
//
// A workgroup computes 32 columns, or a multiple, for ROWS rows. Its lanes differ in their columns alone: each
// has all rows and all parts of k, one after the other. So all lanes multiply the same number of the input at
// the same time, and a compiler can see that they do. Where a GPU has registers that a whole subgroup shares,
// as those of AMD and Intel do, it loads such a number once for all lanes; by the other kernel each lane loads
// it for itself, and with many rows these loads are what limits a pass.
//
// Parts are added in ascending order, as there, where no other lane looks: in workgroup memory, so that they
// take no registers while the next part is summed up.

override PART: u32; // Octets of a part; a multiple of four.
override LANE_COLUMNS: u32; // 1 or 2.
override GROUP_COLUMNS = WORKGROUP * LANE_COLUMNS;
override EIGHTS = GROUP_COLUMNS / 8u;
override SCRATCH = max(4u * SQUARE_ROWS * CLASSES, ROWS * GROUP_COLUMNS);

override OCTETS: u32 = INNER / 8u;
override EVEN = OCTETS % 4u == 0u; // No four octets are less.

const PARTS = 8u;
// Rows whose squares are added up at the same time.
const SQUARE_ROWS = 2u;

// What squares.wgsl keeps, SQUARE_ROWS * CLASSES vectors; then sums, [ROWS, GROUP_COLUMNS].
var<workgroup> scratch: array<f32, SCRATCH>;
var<workgroup> row_squares: array<f32, ROWS>;

fn keep_vector(i: u32, v: vec4f) {
  scratch[4u * i] = v.x;
  scratch[4u * i + 1u] = v.y;
  scratch[4u * i + 2u] = v.z;
  scratch[4u * i + 3u] = v.w;
}

fn kept_vector(i: u32) -> vec4f {
  return vec4(scratch[4u * i], scratch[4u * i + 1u], scratch[4u * i + 2u], scratch[4u * i + 3u]);
}

// Keeps the sums of squares of all rows.
fn keep_squares(first_row: u32, local: u32) {
  for (var row = 0u; row < ROWS; row += SQUARE_ROWS) {
    gather_squares(first_row + row, SQUARE_ROWS, local);
    if (local < SQUARE_ROWS) { row_squares[row + local] = squares_in(local); }
    workgroupBarrier();
  }
}

// The sums of four rows, a component for each of the lane's columns.
struct RowSums { a: vec2f, b: vec2f, c: vec2f, d: vec2f }

struct LaneSums { a: RowSums, b: RowSums, c: RowSums, d: RowSums }

// An octet of a lane's columns.
struct Columns { a: Octet, b: Octet }

fn add_row(sum: vec2f, row: u32, octet: u32, w: Columns) -> vec2f {
  let x = Octet(load_input(row, 2u * octet), load_input(row, 2u * octet + 1u));
  if (LANE_COLUMNS == 1u) { return vec2(add_column(sum.x, x, w.a), 0.0); }
  return vec2(add_column(sum.x, x, w.a), add_column(sum.y, x, w.b));
}

fn add_four_rows(i: u32, sums: RowSums, first_row: u32, octet: u32, w: Columns) -> RowSums {
  if (4u * i >= ROWS) { return sums; }
  let row = first_row + 4u * i;
  return RowSums(add_row(sums.a, row, octet, w), add_row(sums.b, row + 1u, octet, w),
                 add_row(sums.c, row + 2u, octet, w), add_row(sums.d, row + 3u, octet, w));
}

fn add_octet(sums: LaneSums, first_row: u32, octet: u32, w: Columns) -> LaneSums {
  return LaneSums(add_four_rows(0u, sums.a, first_row, octet, w),
                  add_four_rows(1u, sums.b, first_row, octet, w),
                  add_four_rows(2u, sums.c, first_row, octet, w),
                  add_four_rows(3u, sums.d, first_row, octet, w));
}

// Four octets of a lane's columns.
struct Fours { a: Four, b: Four }

fn load_fours(column: u32, octet: u32) -> Fours {
  var fours = Fours();
  fours.a = load_four(column, octet);
  if (LANE_COLUMNS > 1u) { fours.b = load_four(column + WORKGROUP, octet); }
  return fours;
}

fn columns_of(fours: Fours, i: u32) -> Columns {
  var columns = Columns();
  columns.a = octet_of(fours.a, i);
  if (LANE_COLUMNS > 1u) { columns.b = octet_of(fours.b, i); }
  return columns;
}

// The sums of a part of k.
fn sum_part(part: u32, first_row: u32, column: u32) -> LaneSums {
  var sums = LaneSums();
  let end = min((part + 1u) * PART, OCTETS);
  for (var octet = part * PART; octet < end; octet += 4u) {
    let fours = load_fours(column, octet);
    sums = add_octet(sums, first_row, octet, columns_of(fours, 0u));
    if (EVEN || octet + 1u < OCTETS) { sums = add_octet(sums, first_row, octet + 1u, columns_of(fours, 1u)); }
    if (EVEN || octet + 2u < OCTETS) { sums = add_octet(sums, first_row, octet + 2u, columns_of(fours, 2u)); }
    if (EVEN || octet + 3u < OCTETS) { sums = add_octet(sums, first_row, octet + 3u, columns_of(fours, 3u)); }
  }
  return sums;
}

// Adds the sums of a part to those of the parts before, if there are any.
fn add_to_total(part: u32, row: u32, lane: u32, sum: vec2f) {
  let at = row * GROUP_COLUMNS + lane;
  scratch[at] = select(scratch[at], 0.0, part == 0u) + sum.x;
  if (LANE_COLUMNS > 1u) {
    scratch[at + WORKGROUP] = select(scratch[at + WORKGROUP], 0.0, part == 0u) + sum.y;
  }
}

fn add_four_to_totals(part: u32, i: u32, lane: u32, sums: RowSums) {
  if (4u * i >= ROWS) { return; }
  add_to_total(part, 4u * i, lane, sums.a);
  add_to_total(part, 4u * i + 1u, lane, sums.b);
  add_to_total(part, 4u * i + 2u, lane, sums.c);
  add_to_total(part, 4u * i + 3u, lane, sums.d);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first_row = skipped_rows() + group.x * ROWS;
  if (!has_rows(first_row)) {
    return;
  }
  begin_input(first_row, group.y, (column_count() + GROUP_COLUMNS - 1u) / GROUP_COLUMNS, lane);
  if (NORMED) { keep_squares(first_row, lane); }

  let column = matrix_start(first_row) + group.y * GROUP_COLUMNS + lane;
  for (var part = 0u; part < PARTS; part++) {
    let sums = sum_part(part, first_row, column);
    add_four_to_totals(part, 0u, lane, sums.a);
    add_four_to_totals(part, 1u, lane, sums.b);
    add_four_to_totals(part, 2u, lane, sums.c);
    add_four_to_totals(part, 3u, lane, sums.d);
  }
  workgroupBarrier();
  for (var task = lane; task < ROWS * EIGHTS; task += WORKGROUP) {
    let row = task / EIGHTS;
    let octet = task % EIGHTS;
    let at = row * GROUP_COLUMNS / 4u + 2u * octet;
    let sum = Octet(kept_vector(at), kept_vector(at + 1u));
    finish(first_row + row, group.y * EIGHTS + octet, sum, row_squares[row]);
  }
}
