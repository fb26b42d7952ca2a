// Where the eight weights of an octet stand. A codec adds how they are stored: `load_weights`.

override INNER: u32; // Weights per column of the matrix; a multiple of 8.
override INTERLEAVED: bool; // Whether the same octet of eight columns follow each other.

// Place of an octet: [columns, INNER / 8], or [columns / 8, INNER / 8, 8] if INTERLEAVED.
fn octet_place(column: u32, octet: u32) -> u32 {
  if (INTERLEAVED) {
    return (column / 8u * (INNER / 8u) + octet) * 8u + column % 8u;
  }
  return column * (INNER / 8u) + octet;
}
