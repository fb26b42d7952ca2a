// output[r, c] = Σ_k input[r, k] · weights[c, k] for a few rows, on any device.
//
// An invocation computes an octet of columns and takes the k in ascending order, so a row's result has the
// same bits in any tile.
//
// Rows are written out: drivers do not unroll loops this large, and sums in an array that a loop
// variable indexes would leave the registers.

// What an invocation has of a row: eight products, and the prepared row's sum of squares.
struct Sums { octet: Octet, squares: f32 }

// Adds eight k of a row to its sums.
fn add_products(sums: Sums, row: u32, k: u32, w: array<Octet, 8>) -> Sums {
  let x = Octet(load_input(row, 2u * k), load_input(row, 2u * k + 1u));
  let low = accumulate(sums.octet.low, x, w[0], w[1], w[2], w[3]);
  let high = accumulate(sums.octet.high, x, w[4], w[5], w[6], w[7]);
  var squares = sums.squares;
  if (NORMED) {
    let four = squares_vector(input_of(row), k);
    squares += (four.x + four.y) + (four.z + four.w);
  }
  return Sums(Octet(low, high), squares);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let octet = id.x;
  let first_row = skipped_rows() + id.y * ROWS;
  if (!has_rows(first_row)) {
    return;
  }
  let column = matrix_start(first_row) + 8u * min(octet, (column_count() - 1u) / 8u);
  var a = Sums();
  var b = Sums();
  var c = Sums();
  var d = Sums();
  var e = Sums();
  var f = Sums();
  var g = Sums();
  var h = Sums();
  let octets = inner() / 8u + unknown_zero();
  for (var k = 0u; k < octets; k++) {
    let w = load_eight(column, k, load_scales(column, k));
    a = add_products(a, first_row, k, w);
    if (ROWS > 1u) { b = add_products(b, first_row + 1u, k, w); }
    if (ROWS > 2u) { c = add_products(c, first_row + 2u, k, w); }
    if (ROWS > 3u) { d = add_products(d, first_row + 3u, k, w); }
    if (ROWS > 4u) { e = add_products(e, first_row + 4u, k, w); }
    if (ROWS > 5u) { f = add_products(f, first_row + 5u, k, w); }
    if (ROWS > 6u) { g = add_products(g, first_row + 6u, k, w); }
    if (ROWS > 7u) { h = add_products(h, first_row + 7u, k, w); }
  }
  finish(first_row, octet, a.octet, a.squares);
  if (ROWS > 1u) { finish(first_row + 1u, octet, b.octet, b.squares); }
  if (ROWS > 2u) { finish(first_row + 2u, octet, c.octet, c.squares); }
  if (ROWS > 3u) { finish(first_row + 3u, octet, d.octet, d.squares); }
  if (ROWS > 4u) { finish(first_row + 4u, octet, e.octet, e.squares); }
  if (ROWS > 5u) { finish(first_row + 5u, octet, f.octet, f.squares); }
  if (ROWS > 6u) { finish(first_row + 6u, octet, g.octet, g.squares); }
  if (ROWS > 7u) { finish(first_row + 7u, octet, h.octet, h.squares); }
}
