// output[r, c] = Σ_k input[r, k] · weights[c, k] for many rows, with the bits of matmul_subgroup8.wgsl,
// for drivers that run a subgroup of eight lanes as one vector of the processor.
//
// A subgroup computes TILE_COLUMNS columns of 32 rows, four per lane, in ascending k. The input of a
// block of k stays where it is while the columns pass by one after the other; lanes load different
// octets of a column and hand them to each other. So each load serves 32 rows or all columns, by code
// that fits the processor's cache of instructions: the other kernel, written out for 32 rows, does not.
//
// Octets are written out by fours: the driver does not unroll loops this large, and arrays would leave
// the registers. There are registers for 32 octets.

override BLOCK: u32; // Octets of a block, at most 32; divides INNER / 8.
override TILE_COLUMNS: u32; // A multiple of 8.

// [TILE_COLUMNS, LANES], 128 bytes per column: an array of the invocation's own would be searched for
// the place that a loop counts.
var<workgroup> sums: array<vec4f, LANES * TILE_COLUMNS>;
// Of the column that is passing, the octets lane, lane + 8, lane + 16 and lane + 24 of the block.
var<private> column_octets: array<Octet, 4>;

fn row_of(component: u32, lane: u32) -> u32 {
  return LANES * component + lane;
}

// The sum of squares of a prepared row, in the order of the other kernel.
fn squares_of(row: u32) -> f32 {
  let at = input_of(row) + INNER / 4u;
  var even = vec4f();
  var odd = vec4f();
  for (var i = 0u; i < INNER / 8u; i += 2u) {
    even += input[at + i];
    if (i + 1u < INNER / 8u) { odd += input[at + i + 1u]; }
  }
  return ((even.x + even.y) + (even.z + even.w)) + ((odd.x + odd.y) + (odd.z + odd.w));
}

fn keep_input(component: u32, octet: u32, row: u32, first_octet: u32) {
  if (octet >= BLOCK) { return; }
  let quad = 2u * (first_octet + octet);
  put_octet(component, octet, Octet(load_input(row, quad), load_input(row, quad + 1u)));
}

fn keep_four_inputs(component: u32, octet: u32, row: u32, first_octet: u32) {
  keep_input(component, octet, row, first_octet);
  keep_input(component, octet + 1u, row, first_octet);
  keep_input(component, octet + 2u, row, first_octet);
  keep_input(component, octet + 3u, row, first_octet);
}

fn load_block(first_row: u32, first_octet: u32, lane: u32) {
  for (var c = 0u; c < 4u; c++) {
    let row = first_row + row_of(c, lane);
    keep_four_inputs(c, 0u, row, first_octet);
    keep_four_inputs(c, 4u, row, first_octet);
    keep_four_inputs(c, 8u, row, first_octet);
    keep_four_inputs(c, 12u, row, first_octet);
    keep_four_inputs(c, 16u, row, first_octet);
    keep_four_inputs(c, 20u, row, first_octet);
    keep_four_inputs(c, 24u, row, first_octet);
    keep_four_inputs(c, 28u, row, first_octet);
  }
}

fn load_column_octet(i: u32, column: u32, first_octet: u32, lane: u32) {
  if (LANES * i >= BLOCK) { return; }
  column_octets[i] = load_weights(column, first_octet + min(LANES * i + lane, BLOCK - 1u));
}

fn load_column(column: u32, first_octet: u32, lane: u32) {
  load_column_octet(0u, column, first_octet, lane);
  load_column_octet(1u, column, first_octet, lane);
  load_column_octet(2u, column, first_octet, lane);
  load_column_octet(3u, column, first_octet, lane);
}

// `first_lane` is 0, which the compiler must not know: it makes two instructions of a lane that it knows.
fn add_octet(octet: u32, first_lane: u32, sum: vec4f) -> vec4f {
  if (octet >= BLOCK) { return sum; }
  let w = column_octets[octet / LANES];
  let lane = first_lane + octet % LANES;
  let k = 8u * octet;
  var s = fma(own[k], from_lane(w.low.x, lane), sum);
  s = fma(own[k + 1u], from_lane(w.low.y, lane), s);
  s = fma(own[k + 2u], from_lane(w.low.z, lane), s);
  s = fma(own[k + 3u], from_lane(w.low.w, lane), s);
  s = fma(own[k + 4u], from_lane(w.high.x, lane), s);
  s = fma(own[k + 5u], from_lane(w.high.y, lane), s);
  s = fma(own[k + 6u], from_lane(w.high.z, lane), s);
  return fma(own[k + 7u], from_lane(w.high.w, lane), s);
}

fn add_four_octets(octet: u32, first_lane: u32, sum: vec4f) -> vec4f {
  var s = add_octet(octet, first_lane, sum);
  s = add_octet(octet + 1u, first_lane, s);
  s = add_octet(octet + 2u, first_lane, s);
  return add_octet(octet + 3u, first_lane, s);
}

// Adds the products of a block of k to a column's sums.
fn add_block(first_lane: u32, sum: vec4f) -> vec4f {
  var s = add_four_octets(0u, first_lane, sum);
  s = add_four_octets(4u, first_lane, s);
  s = add_four_octets(8u, first_lane, s);
  s = add_four_octets(12u, first_lane, s);
  s = add_four_octets(16u, first_lane, s);
  s = add_four_octets(20u, first_lane, s);
  s = add_four_octets(24u, first_lane, s);
  return add_four_octets(28u, first_lane, s);
}

fn finish_octet_of_rows(first_row: u32, octet: u32, i: u32, squares: vec4f, lane: u32) {
  let at = LANES * i + lane;
  let a = array(sums[at], sums[at + LANES], sums[at + 2u * LANES], sums[at + 3u * LANES],
                sums[at + 4u * LANES], sums[at + 5u * LANES], sums[at + 6u * LANES],
                sums[at + 7u * LANES]);
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
  let first_row = FIRST_ROW + group.y * ROWS;
  if (first_row >= rows.count) {
    return;
  }
  let first_lane = rows.count >> 31u;
  let first_column = group.x * TILE_COLUMNS;
  let columns = min(TILE_COLUMNS, (COLUMNS + 7u) / 8u * 8u - first_column);
  for (var block = 0u; block < INNER / 8u; block += BLOCK) {
    load_block(first_row, block, lane);
    for (var i = 0u; i < columns; i++) {
      load_column(first_column + i, block, lane);
      let at = LANES * i + lane;
      sums[at] = add_block(first_lane, sums[at]);
    }
  }
  var squares = vec4f();
  if (NORMED) {
    for (var c = 0u; c < 4u; c++) {
      let sum = squares_of(first_row + row_of(c, lane));
      squares = select(squares, vec4(sum), vec4(c) == vec4(0u, 1u, 2u, 3u));
    }
  }
  for (var i = 0u; i < columns; i += 8u) {
    finish_octet_of_rows(first_row, (first_column + i) / 8u, i, squares, lane);
  }
}
