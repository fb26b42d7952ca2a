// A product's input is stored: in rows of its own, or those that tokens name.

override GATHER: bool = false; // A row's input is the row that its token names, not its own.

// Where a row's input begins, as the functions below take it.
fn input_of(row: u32) -> u32 {
  if (GATHER) {
    return rows.row[row].token * input_stride();
  }
  return row * input_stride();
}

// Numbers 4 i … 4 i + 3 of an input that begins at `start`.
fn input_vector(start: u32, i: u32) -> vec4f {
  return input[start + i];
}

// The squares of an octet of a prepared row, see product.wgsl.
fn squares_vector(start: u32, octet: u32) -> vec4f {
  return input[start + inner() / 4u + octet];
}

// What has to be done before an input is read: nothing.
fn begin_input(first_row: u32, share: u32, shares: u32, local: u32) {}
