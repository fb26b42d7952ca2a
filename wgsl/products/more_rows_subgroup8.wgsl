// Tiles of more than four rows, see matmul_subgroup8.wgsl.

// The sums of a tile, [ROWS, low and high, WORKGROUP], on their way to the epilogue: there a loop takes one
// row after the other. Written out for each row, the epilogue would take the driver longer to compile than
// all the rest.
override KEPT: u32 = 2u * ROWS * WORKGROUP;
var<workgroup> kept: array<vec4f, KEPT>;

fn keep_row(r: u32, local: u32, low: vec4f, high: vec4f) {
  kept[2u * r * WORKGROUP + local] = low;
  kept[(2u * r + 1u) * WORKGROUP + local] = high;
}

fn keep_four_rows(r: u32, count: u32, local: u32, low: ptr<function, array<vec4f, MAX_ROWS>>,
                  high: ptr<function, array<vec4f, MAX_ROWS>>) {
  keep_row(r, local, (*low)[r], (*high)[r]);
  if (count > r + 1u) {
    keep_row(r + 1u, local, (*low)[r + 1u], (*high)[r + 1u]);
  }
  if (count > r + 2u) {
    keep_row(r + 2u, local, (*low)[r + 2u], (*high)[r + 2u]);
  }
  if (count > r + 3u) {
    keep_row(r + 3u, local, (*low)[r + 3u], (*high)[r + 3u]);
  }
}

// Finishes so many rows that were kept.
fn finish_kept_rows(count: u32, first_row: u32, octet: u32, local: u32, lane: u32) {
  for (var r = 0u; r < count; r += 4u) {
    var squares = vec4f();
    if (NORMED) {
      squares = squares_of_four_rows(r, first_row, lane);
    }
    for (var i = 0u; i < min(4u, count - r); i++) {
      let at = 2u * (r + i) * WORKGROUP + local;
      finish(first_row + r + i, octet, Octet(kept[at], kept[at + WORKGROUP]), squares[i]);
    }
  }
}

// At most four rows of a tile that has room for more: few drafts in room for many cost what few do.
fn keep_few_rows(count: u32, first_row: u32, column: u32, local: u32, lane: u32) {
  var low: array<vec4f, MAX_ROWS>;
  var high: array<vec4f, MAX_ROWS>;
  sum_few_rows(count, first_row, column, lane, &low, &high);
  keep_four_rows(0u, count, local, &low, &high);
}

// As many rows as the tile has room for.
fn keep_all_rows(first_row: u32, column: u32, local: u32, lane: u32) {
  let first_four = input_of_four_rows(0u, first_row, lane);
  let second_four = input_of_four_rows(4u, first_row, lane);
  let third_four = input_of_four_rows(8u, first_row, lane);
  let last_four = input_of_four_rows(12u, first_row, lane);
  var low: array<vec4f, MAX_ROWS>;
  var high: array<vec4f, MAX_ROWS>;
  for (var group = 0u; group < group_count(); group++) {
    let start = group * group_octets();
    let s = load_scales(column, start);
    let end = start + group_octets() + unknown_zero();
    for (var k = start; k < end; k++) {
      let w = load_eight(column, k, s);
      add_four_rows(0u, ROWS, first_four, k, lane, w, &low, &high);
      if (ROWS > 4u) {
        add_four_rows(4u, ROWS, second_four, k, lane, w, &low, &high);
      }
      if (ROWS > 8u) {
        add_four_rows(8u, ROWS, third_four, k, lane, w, &low, &high);
      }
      if (ROWS > 12u) {
        add_four_rows(12u, ROWS, last_four, k, lane, w, &low, &high);
      }
    }
  }
  keep_four_rows(0u, ROWS, local, &low, &high);
  if (ROWS > 4u) {
    keep_four_rows(4u, ROWS, local, &low, &high);
  }
  if (ROWS > 8u) {
    keep_four_rows(8u, ROWS, local, &low, &high);
  }
  if (ROWS > 12u) {
    keep_four_rows(12u, ROWS, local, &low, &high);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32,
        @builtin(subgroup_invocation_id) lane: u32) {
  let first_row = skipped_rows() + group.y * ROWS;
  if (!has_rows(first_row)) {
    return;
  }
  let octet = group.x * WORKGROUP + local;
  let column = matrix_start(first_row) + 8u * min(octet, (column_count() - 1u) / 8u);
  let count = rows_in_tile(first_row);
  if (OFTEN_FEWER && count == 1u) {
    let sum = sum_one_row(first_row, column, lane);
    keep_row(0u, local, sum.low, sum.high);
  } else if (OFTEN_FEWER && count == 2u) {
    keep_few_rows(2u, first_row, column, local, lane);
  } else if (OFTEN_FEWER && count <= 4u) {
    keep_few_rows(4u, first_row, column, local, lane);
  } else {
    keep_all_rows(first_row, column, local, lane);
  }
  finish_kept_rows(count, first_row, octet, local, lane);
}
