// output[r, c] = Σ_k input[r, k] · weights[c, k] for many rows, with the bits of matmul_subgroup8.wgsl,
// for drivers that run a subgroup of eight lanes as one vector of the processor.
//
// A subgroup computes TILE_COLUMNS columns of 64 rows, eight per lane, in ascending k. The input of a
// block of k stays where it is while the columns pass by one after the other; lanes load different
// octets of a column and hand them to each other. So each load serves 64 rows or all columns, by code
// that fits the processor's cache of instructions: the other kernel, written out for 64 rows, does not.
//
// Octets are written out: the driver does not unroll loops this large, and arrays would leave the
// registers.

const BLOCK = 8u; // Octets of a block, which divides inner() / 8.
override TILE_COLUMNS: u32; // A multiple of 8.

// What a lane has for its eight rows, by fours.
struct EightRows { low: vec4f, high: vec4f }

// [TILE_COLUMNS, low and high, LANES], 256 bytes per column: an array of the invocation's own would be
// searched for the place that a loop counts.
var<workgroup> sums: array<vec4f, 2u * LANES * TILE_COLUMNS>;
// Octet `lane` of the block, of the column that is passing.
var<private> column_octet: Octet;

// Where the input of a lane's rows 4 to 7 begins among its octets.
const HIGH_ROWS = 8u;

fn row_of(component: u32, lane: u32) -> u32 {
  return LANES * component + lane;
}

// The sum of squares of a prepared row, in the order of the other kernel.
fn squares_of(row: u32) -> f32 {
  let start = input_of(row);
  var even = vec4f();
  var odd = vec4f();
  let octets = inner() / 8u + unknown_zero();
  for (var i = 0u; i < octets; i += 2u) {
    even += squares_vector(start, i);
    if (i + 1u < octets) { odd += squares_vector(start, i + 1u); }
  }
  return ((even.x + even.y) + (even.z + even.w)) + ((odd.x + odd.y) + (odd.z + odd.w));
}

fn keep_input(component: u32, place: u32, octet: u32, row: u32, first_octet: u32) {
  let quad = 2u * (first_octet + octet);
  put_octet(component, place + octet, Octet(load_input(row, quad), load_input(row, quad + 1u)));
}

fn keep_inputs(component: u32, place: u32, row: u32, first_octet: u32) {
  keep_input(component, place, 0u, row, first_octet);
  keep_input(component, place, 1u, row, first_octet);
  keep_input(component, place, 2u, row, first_octet);
  keep_input(component, place, 3u, row, first_octet);
  keep_input(component, place, 4u, row, first_octet);
  keep_input(component, place, 5u, row, first_octet);
  keep_input(component, place, 6u, row, first_octet);
  keep_input(component, place, 7u, row, first_octet);
}

fn load_block(first_row: u32, first_octet: u32, lane: u32) {
  // Mesa 25 unrolls a loop whose turns it can count, and has branches for each lane of a load: the kernel took three
  // times as long to compile.
  for (var c = unknown_zero(); c < 4u; c++) {
    keep_inputs(c, 0u, first_row + row_of(c, lane), first_octet);
    keep_inputs(c, HIGH_ROWS, first_row + row_of(c + 4u, lane), first_octet);
  }
}

fn load_column(column: u32, first_octet: u32, lane: u32) {
  column_octet = load_weights(column, first_octet + lane);
}

fn add_products(k: u32, weight: f32, lane: u32, sum: EightRows) -> EightRows {
  let w = from_lane(weight, lane);
  return EightRows(fma(own[k], w, sum.low), fma(own[8u * HIGH_ROWS + k], w, sum.high));
}

// `first_lane` is 0, which the compiler must not know: it makes two instructions of a lane that it knows.
fn add_octet(octet: u32, first_lane: u32, sum: EightRows) -> EightRows {
  let w = column_octet;
  let lane = first_lane + octet;
  let k = 8u * octet;
  var s = add_products(k, w.low.x, lane, sum);
  s = add_products(k + 1u, w.low.y, lane, s);
  s = add_products(k + 2u, w.low.z, lane, s);
  s = add_products(k + 3u, w.low.w, lane, s);
  s = add_products(k + 4u, w.high.x, lane, s);
  s = add_products(k + 5u, w.high.y, lane, s);
  s = add_products(k + 6u, w.high.z, lane, s);
  return add_products(k + 7u, w.high.w, lane, s);
}

// Adds the products of a block of k to a column's sums.
fn add_block(first_lane: u32, sum: EightRows) -> EightRows {
  var s = add_octet(0u, first_lane, sum);
  s = add_octet(1u, first_lane, s);
  s = add_octet(2u, first_lane, s);
  s = add_octet(3u, first_lane, s);
  s = add_octet(4u, first_lane, s);
  s = add_octet(5u, first_lane, s);
  s = add_octet(6u, first_lane, s);
  return add_octet(7u, first_lane, s);
}

// The sums of squares of four of a lane's rows.
fn squares_of_four(first_row: u32, lane: u32) -> vec4f {
  var squares = vec4f();
  if (NORMED) {
    for (var c = 0u; c < 4u; c++) {
      let sum = squares_of(first_row + row_of(c, lane));
      squares = select(squares, vec4(sum), vec4(c) == vec4(0u, 1u, 2u, 3u));
    }
  }
  return squares;
}

// Finishes an octet of columns, whose sums for four of a lane's rows begin at `at`.
fn finish_four_rows(first_row: u32, octet: u32, at: u32, squares: vec4f, lane: u32) {
  let column = 2u * LANES;
  let a = array(sums[at], sums[at + column], sums[at + 2u * column], sums[at + 3u * column],
                sums[at + 4u * column], sums[at + 5u * column], sums[at + 6u * column],
                sums[at + 7u * column]);
  for (var c = 0u; c < 4u; c++) {
    let low = vec4(component_of(c, a[0]), component_of(c, a[1]),
                   component_of(c, a[2]), component_of(c, a[3]));
    let high = vec4(component_of(c, a[4]), component_of(c, a[5]),
                    component_of(c, a[6]), component_of(c, a[7]));
    finish(first_row + row_of(c, lane), octet, Octet(low, high), component_of(c, squares));
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let first_row = skipped_rows() + group.y * ROWS;
  if (!has_rows(first_row)) {
    return;
  }
  let first_lane = rows.count >> 31u;
  let first_column = group.x * TILE_COLUMNS;
  let columns = min(TILE_COLUMNS, (column_count() + 7u) / 8u * 8u - first_column);
  let octets = inner() / 8u + unknown_zero();
  for (var block = 0u; block < octets; block += BLOCK) {
    load_block(first_row, block, lane);
    for (var i = 0u; i < columns; i++) {
      load_column(matrix_start(first_row) + first_column + i, block, lane);
      let at = 2u * LANES * i + lane;
      let sum = add_block(first_lane, EightRows(sums[at], sums[at + LANES]));
      sums[at] = sum.low;
      sums[at + LANES] = sum.high;
    }
  }
  let high_rows = first_row + row_of(4u, 0u);
  let squares = EightRows(squares_of_four(first_row, lane), squares_of_four(high_rows, lane));
  for (var i = 0u; i < columns; i += 8u) {
    let at = 2u * LANES * i + lane;
    let octet = (first_column + i) / 8u;
    finish_four_rows(first_row, octet, at, squares.low, lane);
    finish_four_rows(high_rows, octet, at + LANES, squares.high, lane);
  }
}
