// The rows of a tile are multiplied with the matrix of their expert, which is the position of the first of
// them. The matrices of all experts stand below each other, each as many columns as `column_count()` says.

struct ExpertMatrices {
  first_expert: u32, // The first expert of this slice,
  experts: u32, // and how many it has.
  expert_octets: u32, // Octets of an expert's columns, in all slices.
}

@group(0) @binding(27) var<uniform> expert_matrices: ExpertMatrices;

// An expert of another slice is none of its.
fn expert_of(first_row: u32) -> u32 {
  return rows.row[first_row].position - expert_matrices.first_expert;
}

fn has_rows(first_row: u32) -> bool {
  return first_row < rows.count && expert_of(first_row) < expert_matrices.experts;
}

fn matrix_start(first_row: u32) -> u32 {
  return expert_of(first_row) * column_count();
}

// Those of a tile come before what fills it up, whose prefix is 1.
fn rows_in_tile(first_row: u32) -> u32 {
  var count = 1u;
  while (count < ROWS && rows.row[first_row + count].prefix == 0u) {
    count++;
  }
  return count;
}
