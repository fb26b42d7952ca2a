// Where the eight weights of an octet stand. A codec adds how they are stored: `load_weights`;
// the kernel adds how many weights a column has, a multiple of 8, `inner()`, and `unknown_zero()`.

override SIDE_BY_SIDE: u32; // Columns whose same octets follow each other: 1, 8 or 32.
override TOGETHER: u32; // Octets of a column that stay together; divides `inner()` / 8.

// Place of item `item` of `count` in a column: [columns / SIDE_BY_SIDE, count, SIDE_BY_SIDE].
fn place_of(column: u32, item: u32, count: u32) -> u32 {
  return (column / SIDE_BY_SIDE * count + item) * SIDE_BY_SIDE + column % SIDE_BY_SIDE;
}

// Place of an octet.
fn octet_place(column: u32, octet: u32) -> u32 {
  let place = place_of(column, octet / TOGETHER, inner() / 8u / TOGETHER);
  return place * TOGETHER + octet % TOGETHER;
}
