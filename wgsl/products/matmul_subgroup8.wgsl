// output[r, c] = Σ_k input[r, k] · weights[c, k] for a few rows, for drivers that run a subgroup of
// eight lanes as one vector of the processor. There a load costs the same whether its lanes share an
// address or not, so lanes load different parts of the input and hand them to each other.
//
// An invocation computes an octet of columns for ROWS rows alone, in ascending k. Rows are written
// out by fours: the driver does not unroll loops this large, and the sums would leave the registers.

// Whether tiles are often not full, and ways for few rows worth compiling.
override OFTEN_FEWER: bool = false;

const MAX_ROWS = 16u;

// Sums of squares of the prepared rows r … r + 3 of the tile, two lanes per row.
fn squares_of_four_rows(r: u32, first_row: u32, lane: u32) -> vec4f {
  let row = first_row + r + lane / 2u % ROWS;
  var sums = vec4f();
  for (var i = lane % 2u; i < INNER / 8u; i += 2u) {
    sums += input[input_of(row) + INNER / 4u + i];
  }
  let all = over_lanes((sums.x + sums.y) + (sums.z + sums.w));
  return vec4(all[0] + all[1], all[2] + all[3], all[4] + all[5], all[6] + all[7]);
}

fn add_row(r: u32, x: Octet, w: array<Octet, 8>, low: ptr<function, array<vec4f, MAX_ROWS>>,
           high: ptr<function, array<vec4f, MAX_ROWS>>) {
  (*low)[r] = accumulate((*low)[r], x, w[0], w[1], w[2], w[3]);
  (*high)[r] = accumulate((*high)[r], x, w[4], w[5], w[6], w[7]);
}

// Eight k of the rows r … r + 3 of the tile: eight vectors, one loaded by each lane.
fn add_four_rows(r: u32, first_row: u32, k: u32, lane: u32, w: array<Octet, 8>,
                 low: ptr<function, array<vec4f, MAX_ROWS>>,
                 high: ptr<function, array<vec4f, MAX_ROWS>>) {
  let row = first_row + r + lane / 2u % ROWS;
  let own = load_input(row, 2u * k + lane % 2u);
  add_row(r, pair_0(own), w, low, high);
  if (ROWS > r + 1u) {
    add_row(r + 1u, pair_1(own), w, low, high);
  }
  if (ROWS > r + 2u) {
    add_row(r + 2u, pair_2(own), w, low, high);
  }
  if (ROWS > r + 3u) {
    add_row(r + 3u, pair_3(own), w, low, high);
  }
}

fn finish_four_rows(r: u32, first_row: u32, octet: u32, lane: u32,
                    low: ptr<function, array<vec4f, MAX_ROWS>>,
                    high: ptr<function, array<vec4f, MAX_ROWS>>) {
  var squares = vec4f();
  if (NORMED) {
    squares = squares_of_four_rows(r, first_row, lane);
  }
  finish(first_row + r, octet, Octet((*low)[r], (*high)[r]), squares.x);
  if (ROWS > r + 1u) {
    finish(first_row + r + 1u, octet, Octet((*low)[r + 1u], (*high)[r + 1u]), squares.y);
  }
  if (ROWS > r + 2u) {
    finish(first_row + r + 2u, octet, Octet((*low)[r + 2u], (*high)[r + 2u]), squares.z);
  }
  if (ROWS > r + 3u) {
    finish(first_row + r + 3u, octet, Octet((*low)[r + 3u], (*high)[r + 3u]), squares.w);
  }
}

// The only row of a tile that has room for more: a tree that turned out to be its root alone costs what
// a plain step costs.
fn finish_one_row(row: u32, octet: u32, column: u32, lane: u32) {
  var low: vec4f;
  var high: vec4f;
  for (var group_start = 0u; group_start < INNER / 8u; group_start += GROUP_OCTETS) {
    let s = load_scales(column, group_start);
    for (var k = group_start; k < group_start + GROUP_OCTETS; k++) {
      let w = load_eight(column, k, s);
      let x = pair_0(load_input(row, 2u * k + lane % 2u));
      low = accumulate(low, x, w[0], w[1], w[2], w[3]);
      high = accumulate(high, x, w[4], w[5], w[6], w[7]);
    }
  }
  var squares = vec4f();
  if (NORMED) {
    squares = squares_of_four_rows(0u, row, lane);
  }
  finish(row, octet, Octet(low, high), squares.x);
}

// At most four rows of a tile that has room for more: few drafts in room for many cost what few do.
fn finish_few_rows(first_row: u32, octet: u32, column: u32, lane: u32) {
  var low: array<vec4f, MAX_ROWS>;
  var high: array<vec4f, MAX_ROWS>;
  for (var group_start = 0u; group_start < INNER / 8u; group_start += GROUP_OCTETS) {
    let s = load_scales(column, group_start);
    for (var k = group_start; k < group_start + GROUP_OCTETS; k++) {
      add_four_rows(0u, first_row, k, lane, load_eight(column, k, s), &low, &high);
    }
  }
  finish_four_rows(0u, first_row, octet, lane, &low, &high);
}

// As many rows as the tile has room for.
fn finish_all_rows(first_row: u32, octet: u32, column: u32, lane: u32) {
  var low: array<vec4f, MAX_ROWS>;
  var high: array<vec4f, MAX_ROWS>;
  for (var group_start = 0u; group_start < INNER / 8u; group_start += GROUP_OCTETS) {
    let s = load_scales(column, group_start);
    for (var k = group_start; k < group_start + GROUP_OCTETS; k++) {
      let w = load_eight(column, k, s);
      add_four_rows(0u, first_row, k, lane, w, &low, &high);
      if (ROWS > 4u) {
        add_four_rows(4u, first_row, k, lane, w, &low, &high);
      }
      if (ROWS > 8u) {
        add_four_rows(8u, first_row, k, lane, w, &low, &high);
      }
      if (ROWS > 12u) {
        add_four_rows(12u, first_row, k, lane, w, &low, &high);
      }
    }
  }
  finish_four_rows(0u, first_row, octet, lane, &low, &high);
  if (ROWS > 4u) {
    finish_four_rows(4u, first_row, octet, lane, &low, &high);
  }
  if (ROWS > 8u) {
    finish_four_rows(8u, first_row, octet, lane, &low, &high);
  }
  if (ROWS > 12u) {
    finish_four_rows(12u, first_row, octet, lane, &low, &high);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32,
        @builtin(subgroup_invocation_id) lane: u32) {
  let first_row = FIRST_ROW + group.y * ROWS;
  if (first_row >= rows.count) {
    return;
  }
  let octet = group.x * WORKGROUP + local;
  let column = 8u * min(octet, (COLUMNS - 1u) / 8u);
  let count = rows.count - first_row;
  if (OFTEN_FEWER && ROWS > 1u && count == 1u) {
    finish_one_row(first_row, octet, column, lane);
  } else if (OFTEN_FEWER && ROWS > 4u && count <= 4u) {
    finish_few_rows(first_row, octet, column, lane);
  } else {
    finish_all_rows(first_row, octet, column, lane);
  }
}
