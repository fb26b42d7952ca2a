// Tiles of at most four rows, see matmul_subgroup8.wgsl: their sums stay in the registers, and the epilogue
// is written out for each row.

fn finish_one_row(row: u32, octet: u32, column: u32, lane: u32) {
  let sum = sum_one_row(row, column, lane);
  var squares = vec4f();
  if (NORMED) {
    squares = squares_of_four_rows(0u, row, lane);
  }
  finish(row, octet, sum, squares.x);
}

fn finish_rows(count: u32, first_row: u32, octet: u32, column: u32, lane: u32) {
  var low: array<vec4f, MAX_ROWS>;
  var high: array<vec4f, MAX_ROWS>;
  sum_few_rows(count, first_row, column, lane, &low, &high);
  var squares = vec4f();
  if (NORMED) {
    squares = squares_of_four_rows(0u, first_row, lane);
  }
  finish(first_row, octet, Octet(low[0], high[0]), squares.x);
  if (count > 1u) {
    finish(first_row + 1u, octet, Octet(low[1], high[1]), squares.y);
  }
  if (count > 2u) {
    finish(first_row + 2u, octet, Octet(low[2], high[2]), squares.z);
  }
  if (count > 3u) {
    finish(first_row + 3u, octet, Octet(low[3], high[3]), squares.w);
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
  if (OFTEN_FEWER && ROWS > 1u && rows_in_tile(first_row) == 1u) {
    finish_one_row(first_row, octet, column, lane);
  } else if (OFTEN_FEWER && ROWS > 2u && rows_in_tile(first_row) == 2u) {
    finish_rows(2u, first_row, octet, column, lane);
  } else {
    finish_rows(ROWS, first_row, octet, column, lane);
  }
}
