// output[r, c] = Σ_k input[r, k] · weights[c, k] for a few rows, on any device.
//
// LANES neighbouring invocations share an octet of columns, lane l taking the k with
// k / 8 ≡ l (mod LANES), so that they read neighbouring bytes. What the lanes have is added up through
// workgroup memory: first the lanes of each of QUARTERS classes in ascending order, for all rows at
// once, then the classes. The order of a sum depends on LANES alone, so a row's result has the same
// bits in any tile.
//
// Rows are written out: drivers do not unroll loops this large, and sums in an array that a loop
// variable indexes would leave the registers.

override LANES: u32; // 1, or a multiple of 4 · ROWS.
override OCTETS: u32 = WORKGROUP / LANES; // Octets of columns per workgroup.
// Room for the sums of a lane, in vec4; odd, so that neighbouring lanes use different banks.
override LANE_STRIDE: u32 = 2u * ROWS + 1u;
override PARTIALS: u32 = select(WORKGROUP * LANE_STRIDE, 1u, LANES == 1u);
override CLASS_SUMS: u32 = OCTETS * QUARTERS * ROWS;

const QUARTERS = 4u;

// What an invocation has of a row: eight products, and its part of the prepared row's sum of squares.
struct Sums { octet: Octet, squares: f32 }

// [WORKGROUP, LANE_STRIDE]: octets of ROWS rows.
var<workgroup> partials: array<vec4f, PARTIALS>;
var<workgroup> partial_squares: array<f32, PARTIALS>;
// [OCTETS, ROWS, QUARTERS]: sums of a class of lanes.
var<workgroup> low_of_class: array<vec4f, CLASS_SUMS>;
var<workgroup> high_of_class: array<vec4f, CLASS_SUMS>;
var<workgroup> squares_of_class: array<f32, CLASS_SUMS>;

// Adds eight k of a row to its sums.
fn add_products(sums: Sums, row: u32, k: u32, w: array<Octet, 8>) -> Sums {
  let x = Octet(load_input(row, 2u * k), load_input(row, 2u * k + 1u));
  let low = accumulate(sums.octet.low, x, w[0], w[1], w[2], w[3]);
  let high = accumulate(sums.octet.high, x, w[4], w[5], w[6], w[7]);
  var squares = sums.squares;
  if (NORMED) {
    let four = squares_vector(input_of(row), k);
    squares += (four.x + four.y) + (four.z + four.w);
  }
  return Sums(Octet(low, high), squares);
}

fn keep(r: u32, local: u32, sums: Sums) {
  partials[local * LANE_STRIDE + 2u * r] = sums.octet.low;
  partials[local * LANE_STRIDE + 2u * r + 1u] = sums.octet.high;
  if (NORMED) {
    partial_squares[local * LANE_STRIDE + r] = sums.squares;
  }
}

fn kept_octet(local: u32, r: u32) -> Octet {
  let at = local * LANE_STRIDE + 2u * r;
  return Octet(partials[at], partials[at + 1u]);
}

// Adds up the lanes of class `task % QUARTERS` for row `task / QUARTERS` of the tile.
fn add_class(octet_in_group: u32, task: u32) {
  let r = task / QUARTERS;
  var low = vec4f();
  var high = vec4f();
  var squares = 0.0;
  for (var lane = task % QUARTERS; lane < LANES; lane += QUARTERS) {
    let local = octet_in_group * LANES + lane;
    let part = kept_octet(local, r);
    low += part.low;
    high += part.high;
    if (NORMED) {
      squares += partial_squares[local * LANE_STRIDE + r];
    }
  }
  let to = octet_in_group * QUARTERS * ROWS + task;
  low_of_class[to] = low;
  high_of_class[to] = high;
  squares_of_class[to] = squares;
}

// Adds up the classes of a row and writes the result.
fn finish_row(r: u32, first_row: u32, octet: u32, octet_in_group: u32) {
  let at = (octet_in_group * ROWS + r) * QUARTERS;
  let low = (low_of_class[at] + low_of_class[at + 1u]) +
    (low_of_class[at + 2u] + low_of_class[at + 3u]);
  let high = (high_of_class[at] + high_of_class[at + 1u]) +
    (high_of_class[at + 2u] + high_of_class[at + 3u]);
  let squares = (squares_of_class[at] + squares_of_class[at + 1u]) +
    (squares_of_class[at + 2u] + squares_of_class[at + 3u]);
  finish(first_row + r, octet, Octet(low, high), squares);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = skipped_rows() + group.y * ROWS;
  if (!has_rows(first_row)) {
    return;
  }
  let octet_in_group = local / LANES;
  let octet = group.x * OCTETS + octet_in_group;
  let column = matrix_start(first_row) + 8u * min(octet, (column_count() - 1u) / 8u);
  var a = Sums();
  var b = Sums();
  var c = Sums();
  var d = Sums();
  var e = Sums();
  var f = Sums();
  var g = Sums();
  var h = Sums();
  let octets = inner() / 8u + unknown_zero();
  for (var k = local % LANES; k < octets; k += LANES) {
    let w = load_eight(column, k, load_scales(column, k));
    a = add_products(a, first_row, k, w);
    if (ROWS > 1u) { b = add_products(b, first_row + 1u, k, w); }
    if (ROWS > 2u) { c = add_products(c, first_row + 2u, k, w); }
    if (ROWS > 3u) { d = add_products(d, first_row + 3u, k, w); }
    if (ROWS > 4u) { e = add_products(e, first_row + 4u, k, w); }
    if (ROWS > 5u) { f = add_products(f, first_row + 5u, k, w); }
    if (ROWS > 6u) { g = add_products(g, first_row + 6u, k, w); }
    if (ROWS > 7u) { h = add_products(h, first_row + 7u, k, w); }
  }
  if (LANES == 1u) {
    finish(first_row, octet, a.octet, a.squares);
    if (ROWS > 1u) { finish(first_row + 1u, octet, b.octet, b.squares); }
    if (ROWS > 2u) { finish(first_row + 2u, octet, c.octet, c.squares); }
    if (ROWS > 3u) { finish(first_row + 3u, octet, d.octet, d.squares); }
    if (ROWS > 4u) { finish(first_row + 4u, octet, e.octet, e.squares); }
    if (ROWS > 5u) { finish(first_row + 5u, octet, f.octet, f.squares); }
    if (ROWS > 6u) { finish(first_row + 6u, octet, g.octet, g.squares); }
    if (ROWS > 7u) { finish(first_row + 7u, octet, h.octet, h.squares); }
    return;
  }
  keep(0u, local, a);
  if (ROWS > 1u) { keep(1u, local, b); }
  if (ROWS > 2u) { keep(2u, local, c); }
  if (ROWS > 3u) { keep(3u, local, d); }
  if (ROWS > 4u) { keep(4u, local, e); }
  if (ROWS > 5u) { keep(5u, local, f); }
  if (ROWS > 6u) { keep(6u, local, g); }
  if (ROWS > 7u) { keep(7u, local, h); }
  workgroupBarrier();
  let lane = local % LANES;
  if (lane < QUARTERS * ROWS) {
    add_class(octet_in_group, lane);
  }
  workgroupBarrier();
  if (lane < ROWS) {
    finish_row(lane, first_row, octet, octet_in_group);
  }
}
