// A product's input is two rows that are stored apart, one behind the other, each half as long as the sum:
// one of rows of its own, or the one that a token names, and one that all rows have.

override GATHER: bool = false; // A row's first half is the row that its token names, not its own.

// [inner() / 8], the second half; `input` has the first ones.
@group(0) @binding(12) var<storage, read> second_input: array<vec4f>;

// Where a row's first half begins, as the functions below take it.
fn input_of(row: u32) -> u32 {
  if (GATHER) {
    return rows.row[row].token * input_stride();
  }
  return row * input_stride();
}

// Numbers 4 i … 4 i + 3 of an input whose first half begins at `start`.
fn input_vector(start: u32, i: u32) -> vec4f {
  let half = inner() / 8u;
  if (i < half) {
    return input[start + i];
  }
  return second_input[i - half];
}

// Such rows are never prepared.
fn squares_vector(start: u32, octet: u32) -> vec4f {
  return vec4f();
}

// What has to be done before an input is read: nothing.
fn begin_input(first_row: u32, share: u32, shares: u32, local: u32) {}
