// output[r, c] = Σ_k input[r, k] · weights[c, k] for many rows, with the bits of matmul_blocks.wgsl, for
// GPUs.
//
// A workgroup computes a tile of 64 rows and 128 columns, one of its 128 invocations eight rows and eight
// neighbouring columns. An octet of k of the tile passes through workgroup memory at a time, weights
// unpacked once for all rows, while the next one is on its way; a number that is read from there serves
// eight products. The parts of k are summed one after the other and then added, as the other kernel adds
// what its lanes have: PART octets at a time.
//
// Registers, of 255: sums of the part 64, of the parts before 64, eight columns' quads 32, a row's quad 4,
// under way 8, others about 20: ~192, three workgroups at a time.
//
// The floor on an H100 is arithmetic at 60 TFLOP/s: 512 rows of 22,016 × 4,096 take 1.54 ms, where the
// weights' bytes take 60 µs; what passes the second cache, 512 bytes for 8,192 products, 0.5 ms at 5.5 TB/s.

override PART: u32; // Octets of a part.

override OCTETS: u32 = INNER / 8u;
const TILE_ROWS = 64u;
const TILE_COLUMNS = 128u;
// Lengths of rows of vectors: odd, so that lanes that have other vectors of a row, or of a column of rows,
// use other banks.
const OCTET_PLACES = 17u; // For the 16 octets of columns.
const EIGHT_PLACES = 9u; // For the 8 eights of rows.

// An octet of k as two quads, twice: one is read while the other is filled. By quad, then by the place of a
// column in its octet or of a row in its eight. An index is compared with the length of its array unless it
// is a constant; here only the outermost and the innermost are none, and the same for all that is read.
var<workgroup> tile_weights: array<array<array<array<vec4f, OCTET_PLACES>, 8>, 2>, 2>;
var<workgroup> tile_input: array<array<array<array<vec4f, EIGHT_PLACES>, 8>, 2>, 2>;

// In the end, see squares.wgsl.
var<workgroup> squares: array<vec4f, 8u * CLASSES>;

fn keep_vector(i: u32, v: vec4f) {
  squares[i] = v;
}

fn kept_vector(i: u32) -> vec4f {
  return squares[i];
}

// Sums of eight rows and an octet of columns.
struct Tile { a: Octet, b: Octet, c: Octet, d: Octet, e: Octet, f: Octet, g: Octet, h: Octet }

// Four k of eight columns.
struct Quads { a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, f: vec4f, g: vec4f, h: vec4f }

fn keep_weights(buffer: u32, column: u32, w: Octet) {
  tile_weights[buffer][0][column % 8u][column / 8u] = w.low;
  tile_weights[buffer][1][column % 8u][column / 8u] = w.high;
}

fn keep_input(buffer: u32, row: u32, quad: u32, x: vec4f) {
  tile_input[buffer][quad][row % 8u][row / 8u] = x;
}

// Adds the products of four k to the sums of four columns, in the order of `accumulate`.
fn accumulate_quad(sum: vec4f, x: vec4f, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> vec4f {
  var s = fma(vec4(x.x), vec4(a.x, b.x, c.x, d.x), sum);
  s = fma(vec4(x.y), vec4(a.y, b.y, c.y, d.y), s);
  s = fma(vec4(x.z), vec4(a.z, b.z, c.z, d.z), s);
  return fma(vec4(x.w), vec4(a.w, b.w, c.w, d.w), s);
}

fn add_row(sums: Octet, x: vec4f, w: Quads) -> Octet {
  return Octet(accumulate_quad(sums.low, x, w.a, w.b, w.c, w.d),
               accumulate_quad(sums.high, x, w.e, w.f, w.g, w.h));
}

fn add_quad(sums: Tile, buffer: u32, quad: u32, rows_at: u32, columns_at: u32) -> Tile {
  let w = Quads(tile_weights[buffer][quad][0][columns_at], tile_weights[buffer][quad][1][columns_at],
                tile_weights[buffer][quad][2][columns_at], tile_weights[buffer][quad][3][columns_at],
                tile_weights[buffer][quad][4][columns_at], tile_weights[buffer][quad][5][columns_at],
                tile_weights[buffer][quad][6][columns_at], tile_weights[buffer][quad][7][columns_at]);
  return Tile(add_row(sums.a, tile_input[buffer][quad][0][rows_at], w),
              add_row(sums.b, tile_input[buffer][quad][1][rows_at], w),
              add_row(sums.c, tile_input[buffer][quad][2][rows_at], w),
              add_row(sums.d, tile_input[buffer][quad][3][rows_at], w),
              add_row(sums.e, tile_input[buffer][quad][4][rows_at], w),
              add_row(sums.f, tile_input[buffer][quad][5][rows_at], w),
              add_row(sums.g, tile_input[buffer][quad][6][rows_at], w),
              add_row(sums.h, tile_input[buffer][quad][7][rows_at], w));
}

fn add_octets(a: Octet, b: Octet) -> Octet {
  return Octet(a.low + b.low, a.high + b.high);
}

fn add_tiles(a: Tile, b: Tile) -> Tile {
  return Tile(add_octets(a.a, b.a), add_octets(a.b, b.b), add_octets(a.c, b.c), add_octets(a.d, b.d),
              add_octets(a.e, b.e), add_octets(a.f, b.f), add_octets(a.g, b.g), add_octets(a.h, b.h));
}

// Hands the sums of row r of each eight to the epilogue.
fn finish_row(r: u32, first_row: u32, rows_at: u32, octet: u32, sums: Octet, local: u32) {
  var sum_of_squares = 0.0;
  if (NORMED) {
    workgroupBarrier();
    gather_squares(first_row + r, 8u, 8u, local);
    sum_of_squares = squares_in(rows_at);
  }
  finish(first_row + 8u * rows_at + r, octet, sums, sum_of_squares);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = FIRST_ROW + group.x * TILE_ROWS;
  if (first_row >= rows.count) {
    return;
  }
  let column = group.y * TILE_COLUMNS + local;
  let row = min(first_row + local / 2u, rows.count - 1u);
  let quad = local % 2u;
  let rows_at = local / 16u;
  let columns_at = local % 16u;
  keep_weights(0u, local, load_weights(column, 0u));
  keep_input(0u, local / 2u, quad, load_input(row, quad));
  workgroupBarrier();

  var sums = Tile();
  var all_sums = Tile();
  for (var octet = 0u; octet < OCTETS; octet++) {
    let buffer = octet % 2u;
    let next = min(octet + 1u, OCTETS - 1u);
    let stored = load_stored(column, next);
    let scale = load_scale(column, next);
    let x = load_input(row, 2u * next + quad);
    sums = add_quad(sums, buffer, 0u, rows_at, columns_at);
    sums = add_quad(sums, buffer, 1u, rows_at, columns_at);
    if ((octet + 1u) % PART == 0u || octet + 1u == OCTETS) {
      all_sums = add_tiles(all_sums, sums);
      sums = Tile();
    }
    keep_weights(1u - buffer, local, scaled(stored, scale));
    keep_input(1u - buffer, local / 2u, quad, x);
    workgroupBarrier();
  }

  let octet = group.y * (TILE_COLUMNS / 8u) + columns_at;
  finish_row(0u, first_row, rows_at, octet, all_sums.a, local);
  finish_row(1u, first_row, rows_at, octet, all_sums.b, local);
  finish_row(2u, first_row, rows_at, octet, all_sums.c, local);
  finish_row(3u, first_row, rows_at, octet, all_sums.d, local);
  finish_row(4u, first_row, rows_at, octet, all_sums.e, local);
  finish_row(5u, first_row, rows_at, octet, all_sums.f, local);
  finish_row(6u, first_row, rows_at, octet, all_sums.g, local);
  finish_row(7u, first_row, rows_at, octet, all_sums.h, local);
}
