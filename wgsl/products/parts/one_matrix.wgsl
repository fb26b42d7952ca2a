// All rows are multiplied with the same matrix.

// Whether there is anything to do for the tile that begins with this row.
fn has_rows(first_row: u32) -> bool {
  return first_row < rows.count;
}

// Column of the weights where the matrix of such a tile begins.
fn matrix_start(first_row: u32) -> u32 {
  return 0u;
}

// Rows of a tile that has some.
fn rows_in_tile(first_row: u32) -> u32 {
  return min(rows.count - first_row, ROWS);
}
