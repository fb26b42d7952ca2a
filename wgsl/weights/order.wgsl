// Where the eight weights of an octet stand. A codec adds how they are stored: `load_weights`.

override INNER: u32; // Weights per column of the matrix; a multiple of 8.
override INTERLEAVED: bool; // Whether the same octet of eight columns follow each other.

// Place of item `item` of `count` in a column: [columns, count], or [columns / 8, count, 8] if
// INTERLEAVED.
fn place_of(column: u32, item: u32, count: u32) -> u32 {
  if (INTERLEAVED) {
    return (column / 8u * count + item) * 8u + column % 8u;
  }
  return column * count + item;
}

// Place of an octet.
fn octet_place(column: u32, octet: u32) -> u32 {
  return place_of(column, octet, INNER / 8u);
}
