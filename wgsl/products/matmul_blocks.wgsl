// output[r, c] = Σ_k input[r, k] · weights[c, k] for up to 32 rows, for GPUs. Weights lie in blocks of 32
// columns, so that 32 lanes load 512 neighbouring bytes.
//
// A workgroup computes LANES columns for ROWS rows: a block, or a half or a quarter of one where there are
// so few columns that some processors of a GPU would have none. Of its PARTS groups of lanes each takes one
// part of k, by whole octets in ascending order; the parts are added in ascending order. This order is
// that of every tile, so a row has the same bits in any of them.
//
// What limits a pass is, in turn: the bytes of the weights, with too few of them under way; then the loads
// of the input, of which each serves as many columns as a lane has; then arithmetic. So
//   - four octets of each of a lane's columns are under way while the four before are multiplied, and
//     nothing in between is a branch, behind which no load could be requested early. AHEAD times as many
//     are, where there are too few columns to keep the memory busy otherwise;
//   - with few rows the input passes through workgroup memory, read once from the cache for all columns; with
//     many it is read DIRECTly: no part waits for another, and what the lanes of a column share is at hand;
//   - ROW_LANES lanes share a column and have other rows: a lane has ROW_LANES columns and
//     ROWS / ROW_LANES rows. A number of the input is read for ROW_LANES products, an octet of weights is
//     loaded and unpacked by ROW_LANES lanes.

override PART: u32; // Octets of a part; a multiple of four.
override LANES: u32; // Of a part: 32, 16 or 8; at least ROWS.
override ROW_LANES: u32; // 1, 2 or 4; divides ROWS.
override DIRECT: bool; // The input does not pass through workgroup memory.
override AHEAD: u32; // Fours of octets under way: 1 to SLOTS; at most LANES / ROWS if the input is staged.
override COLUMN_LANES = LANES / ROW_LANES;
override LANE_ROWS = ROWS / ROW_LANES; // At most 8.
override PARTS = WORKGROUP / LANES;
override EIGHTS = LANES / 8u; // Octets of columns.

override OCTETS: u32 = INNER / 8u;
override EVEN = OCTETS % 4u == 0u; // No four octets are less.
// A part has none of its fours, or all of them, a multiple of AHEAD.
override FULL = OCTETS % PART == 0u && PART % (4u * AHEAD) == 0u;

const QUADS = 8u; // Of four octets of the input.
const PLACES = 64u; // Of those of all parts.
// Neighbouring slots are one more vector apart, so that lanes with other rows use other banks.
const STRIDE = PLACES + 1u;
const SLOTS = 4u; // ROW_LANES · AHEAD, or more.
override STAGED = ROWS * QUADS * AHEAD; // Quads that the lanes of a part stage.
override SCRATCH_ROWS = max(LANE_ROWS, COLUMN_LANES * PARTS * ROWS / (SLOTS * PLACES));

// [LANE_ROWS, AHEAD, ROW_LANES, 8 parts, 8 quads]: octets of the input. An index is compared with the length
// of its array, unless it is a constant: which of a lane's rows it is is one, and the other index is the same
// for each of them.
var<workgroup> scratch: array<array<vec4f, SLOTS * STRIDE>, SCRATCH_ROWS>;

// As one row of vectors: while squares are added, and in the end [PARTS, ROWS, COLUMN_LANES], the sums of a
// lane's columns.
fn keep_vector(i: u32, v: vec4f) {
  scratch[i / (SLOTS * PLACES)][i % (SLOTS * PLACES)] = v;
}

fn kept_vector(i: u32) -> vec4f {
  return scratch[i / (SLOTS * PLACES)][i % (SLOTS * PLACES)];
}

// What a lane stages: neighbouring lanes have neighbouring quads of a row.
struct Staged { a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, f: vec4f, g: vec4f, h: vec4f }

fn load_staged_quad(i: u32, first_row: u32, octet: u32, lane: u32) -> vec4f {
  if (LANES * i >= STAGED) { return vec4f(); }
  let own = min(LANES * i + lane, STAGED - 1u);
  let row = first_row + own / (QUADS * AHEAD);
  return load_input(row, min(2u * octet + own % (QUADS * AHEAD), 2u * OCTETS - 1u));
}

fn load_staged(first_row: u32, octet: u32, lane: u32) -> Staged {
  return Staged(load_staged_quad(0u, first_row, octet, lane),
                load_staged_quad(1u, first_row, octet, lane),
                load_staged_quad(2u, first_row, octet, lane),
                load_staged_quad(3u, first_row, octet, lane),
                load_staged_quad(4u, first_row, octet, lane),
                load_staged_quad(5u, first_row, octet, lane),
                load_staged_quad(6u, first_row, octet, lane),
                load_staged_quad(7u, first_row, octet, lane));
}

fn keep_quad(i: u32, quad: vec4f, part: u32, lane: u32) {
  let own = LANES * i + lane;
  if (LANES * i >= STAGED || own >= STAGED) { return; }
  let row = own / (QUADS * AHEAD);
  let slot = own / QUADS % AHEAD * ROW_LANES + row % ROW_LANES;
  scratch[row / ROW_LANES][slot * STRIDE + QUADS * part + own % QUADS] = quad;
}

fn keep_staged(staged: Staged, part: u32, lane: u32) {
  keep_quad(0u, staged.a, part, lane);
  keep_quad(1u, staged.b, part, lane);
  keep_quad(2u, staged.c, part, lane);
  keep_quad(3u, staged.d, part, lane);
  keep_quad(4u, staged.e, part, lane);
  keep_quad(5u, staged.f, part, lane);
  keep_quad(6u, staged.g, part, lane);
  keep_quad(7u, staged.h, part, lane);
}

// The four octets of a lane's columns.
struct Fours { a: Four, b: Four, c: Four, d: Four }

// The sums of a lane's rows, a component for each of its columns.
struct LaneSums { a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, f: vec4f, g: vec4f, h: vec4f }

struct Columns { a: Octet, b: Octet, c: Octet, d: Octet }

fn columns_of(fours: Fours, i: u32) -> Columns {
  var columns = Columns();
  columns.a = octet_of(fours.a, i);
  if (ROW_LANES > 1u) { columns.b = octet_of(fours.b, i); }
  if (ROW_LANES > 2u) {
    columns.c = octet_of(fours.c, i);
    columns.d = octet_of(fours.d, i);
  }
  return columns;
}

fn replace(fours: Fours, i: u32, column: u32, next: u32) -> Fours {
  var replaced = fours;
  replaced.a = replace_octet(fours.a, i, column, next);
  if (ROW_LANES > 1u) { replaced.b = replace_octet(fours.b, i, column + COLUMN_LANES, next); }
  if (ROW_LANES > 2u) {
    replaced.c = replace_octet(fours.c, i, column + 2u * COLUMN_LANES, next);
    replaced.d = replace_octet(fours.d, i, column + 3u * COLUMN_LANES, next);
  }
  return replaced;
}

// A lane's first row, and where the first quad of its rows stands: in a row, or in a row of workgroup memory.
struct Place { row: u32, quad: u32 }

// Of the lane's row r.
fn input_at(r: u32, at: Place, quad: u32) -> vec4f {
  if (DIRECT) { return load_input(at.row + r * ROW_LANES, at.quad + quad); }
  return scratch[r][at.quad + quad];
}

// Adds the products of octet i to the sums of one of the lane's rows.
fn add_row(r: u32, sum: vec4f, i: u32, at: Place, w: Columns) -> vec4f {
  if (r >= LANE_ROWS) { return sum; }
  let x = Octet(input_at(r, at, 2u * i), input_at(r, at, 2u * i + 1u));
  if (ROW_LANES == 1u) { return vec4(add_column(sum.x, x, w.a), 0.0, 0.0, 0.0); }
  if (ROW_LANES == 2u) {
    return vec4(add_column(sum.x, x, w.a), add_column(sum.y, x, w.b), 0.0, 0.0);
  }
  return accumulate(sum, x, w.a, w.b, w.c, w.d);
}

fn add_octet(sums: LaneSums, i: u32, at: Place, w: Columns) -> LaneSums {
  return LaneSums(add_row(0u, sums.a, i, at, w), add_row(1u, sums.b, i, at, w),
                  add_row(2u, sums.c, i, at, w), add_row(3u, sums.d, i, at, w),
                  add_row(4u, sums.e, i, at, w), add_row(5u, sums.f, i, at, w),
                  add_row(6u, sums.g, i, at, w), add_row(7u, sums.h, i, at, w));
}

// What four octets leave: sums, and the next octets under way.
struct Stepped { sums: LaneSums, fours: Fours }

// Multiplies the four octets from `octet` on, and requests those from `next` on.
fn add_four(before: Stepped, octet: u32, next: u32, column: u32, at: Place) -> Stepped {
  var p = before;
  p.sums = add_octet(p.sums, 0u, at, columns_of(p.fours, 0u));
  p.fours = replace(p.fours, 0u, column, next);
  if (EVEN || octet + 1u < OCTETS) { p.sums = add_octet(p.sums, 1u, at, columns_of(p.fours, 1u)); }
  p.fours = replace(p.fours, 1u, column, next);
  if (EVEN || octet + 2u < OCTETS) { p.sums = add_octet(p.sums, 2u, at, columns_of(p.fours, 2u)); }
  p.fours = replace(p.fours, 2u, column, next);
  if (EVEN || octet + 3u < OCTETS) { p.sums = add_octet(p.sums, 3u, at, columns_of(p.fours, 3u)); }
  p.fours = replace(p.fours, 3u, column, next);
  return p;
}

fn load_fours(column: u32, octet: u32) -> Fours {
  var fours = Fours();
  fours.a = load_four(column, octet);
  if (ROW_LANES > 1u) { fours.b = load_four(column + COLUMN_LANES, octet); }
  if (ROW_LANES > 2u) {
    fours.c = load_four(column + 2u * COLUMN_LANES, octet);
    fours.d = load_four(column + 3u * COLUMN_LANES, octet);
  }
  return fours;
}

// Fours under way, as many as AHEAD says, from `octet` on.
struct Ahead { a: Fours, b: Fours, c: Fours, d: Fours }

fn load_ahead(column: u32, octet: u32, last: u32) -> Ahead {
  var ahead = Ahead();
  ahead.a = load_fours(column, min(octet, last));
  if (AHEAD > 1u) { ahead.b = load_fours(column, min(octet + 4u, last)); }
  if (AHEAD > 2u) { ahead.c = load_fours(column, min(octet + 8u, last)); }
  if (AHEAD > 3u) { ahead.d = load_fours(column, min(octet + 12u, last)); }
  return ahead;
}

// What a part has: its sums, and what is under way.
struct Part { sums: LaneSums, ahead: Ahead }

// Multiplies the fours i under way, which begin at `octet`, if the part has them.
fn add_one(i: u32, before: Stepped, octet: u32, end: u32, last: u32, column: u32, at: Place) -> Stepped {
  if (!FULL && octet >= end) { return before; }
  let quad = at.quad + select(i * ROW_LANES * STRIDE, QUADS * i, DIRECT);
  return add_four(before, octet, min(octet + 4u * AHEAD, last), column, Place(at.row, quad));
}

// Multiplies all that is under way, which begins at `octet`.
fn add_ahead(before: Part, octet: u32, end: u32, last: u32, column: u32, at: Place) -> Part {
  var p = before;
  let a = add_one(0u, Stepped(p.sums, p.ahead.a), octet, end, last, column, at);
  p = Part(a.sums, Ahead(a.fours, p.ahead.b, p.ahead.c, p.ahead.d));
  if (AHEAD > 1u) {
    let b = add_one(1u, Stepped(p.sums, p.ahead.b), octet + 4u, end, last, column, at);
    p = Part(b.sums, Ahead(p.ahead.a, b.fours, p.ahead.c, p.ahead.d));
  }
  if (AHEAD > 2u) {
    let c = add_one(2u, Stepped(p.sums, p.ahead.c), octet + 8u, end, last, column, at);
    p = Part(c.sums, Ahead(p.ahead.a, p.ahead.b, c.fours, p.ahead.d));
  }
  if (AHEAD > 3u) {
    let d = add_one(3u, Stepped(p.sums, p.ahead.d), octet + 12u, end, last, column, at);
    p = Part(d.sums, Ahead(p.ahead.a, p.ahead.b, p.ahead.c, d.fours));
  }
  return p;
}

fn keep_row(r: u32, sum: vec4f, part: u32, lane: u32) {
  if (r >= LANE_ROWS) { return; }
  let row = lane / COLUMN_LANES + r * ROW_LANES;
  keep_vector((part * ROWS + row) * COLUMN_LANES + lane % COLUMN_LANES, sum);
}

fn keep_sums(sums: LaneSums, part: u32, lane: u32) {
  keep_row(0u, sums.a, part, lane);
  keep_row(1u, sums.b, part, lane);
  keep_row(2u, sums.c, part, lane);
  keep_row(3u, sums.d, part, lane);
  keep_row(4u, sums.e, part, lane);
  keep_row(5u, sums.f, part, lane);
  keep_row(6u, sums.g, part, lane);
  keep_row(7u, sums.h, part, lane);
}

// Adds the parts up, in ascending order, where the first one's sums stand.
fn add_parts(local: u32) {
  for (var task = local; task < ROWS * COLUMN_LANES; task += WORKGROUP) {
    var sum = vec4f();
    for (var part = 0u; part < PARTS; part++) {
      sum += kept_vector(part * ROWS * COLUMN_LANES + task);
    }
    keep_vector(task, sum);
  }
}

fn sum_of(row: u32, column: u32) -> f32 {
  return kept_vector(row * COLUMN_LANES + column % COLUMN_LANES)[column / COLUMN_LANES];
}

fn four_sums(row: u32, column: u32) -> vec4f {
  return vec4(sum_of(row, column), sum_of(row, column + 1u),
              sum_of(row, column + 2u), sum_of(row, column + 3u));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = skipped_rows() + group.x * ROWS;
  if (!has_rows(first_row)) {
    return;
  }
  let lane = local % LANES;
  let part = local / LANES;
  let column = matrix_start(first_row) + group.y * LANES + lane % COLUMN_LANES;
  let begin = part * PART;
  let end = min(begin + PART, OCTETS);
  // Behind its last octets a part requests these again, which are at hand; a part without any those of another.
  let last = (end - 1u) / 4u * 4u;
  var own = Part(LaneSums(), load_ahead(column, begin, last));
  begin_input(first_row, group.y, (column_count() + LANES - 1u) / LANES, local);
  var staged = Staged();
  if (!DIRECT) { staged = load_staged(first_row, begin, lane); }

  var squares = 0.0;
  if (NORMED) {
    gather_squares(first_row, ROWS, local);
    squares = squares_in(min(local / EIGHTS, ROWS - 1u));
  }

  let row = lane / COLUMN_LANES;
  for (var chunk = 0u; chunk < PART; chunk += 4u * AHEAD) {
    let octet = begin + chunk;
    var at = Place(first_row + row, 2u * octet);
    if (!DIRECT) {
      workgroupBarrier();
      keep_staged(staged, part, lane);
      workgroupBarrier();
      staged = load_staged(first_row, min(octet + 4u * AHEAD, last), lane);
      at.quad = row * STRIDE + QUADS * part;
    }
    if (octet < end) { own = add_ahead(own, octet, end, last, column, at); }
  }

  workgroupBarrier();
  keep_sums(own.sums, part, lane);
  workgroupBarrier();
  add_parts(local);
  workgroupBarrier();
  if (local < EIGHTS * ROWS) {
    let row = local / EIGHTS;
    let octet = local % EIGHTS;
    let sum = Octet(four_sums(row, 8u * octet), four_sums(row, 8u * octet + 4u));
    finish(first_row + row, group.y * EIGHTS + octet, sum, squares);
  }
}
