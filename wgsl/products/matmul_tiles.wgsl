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
// Distances in vec4, odd where lanes that differ in what is multiplied must use different banks.
const COLUMN_STRIDE = 17u; // Of the columns with the same place in their octet: there are 16 octets.
const ROW_STRIDE = 9u; // Of the rows with the same place in their eight: there are 8 eights.
const ROW_QUAD_STRIDE = 73u;
const INPUT_AT = 16u * COLUMN_STRIDE; // Behind two quads of eight columns each.
const BUFFER = INPUT_AT + 2u * ROW_QUAD_STRIDE;

// Twice, while one is read and the other filled: [2 quads, 8 columns, COLUMN_STRIDE], then [2 quads, 8 rows,
// ROW_STRIDE]. In the end squares, see squares.wgsl.
var<workgroup> scratch: array<vec4f, 2u * BUFFER>;

// Sums of eight rows and an octet of columns.
struct Tile { a: Octet, b: Octet, c: Octet, d: Octet, e: Octet, f: Octet, g: Octet, h: Octet }

// Four k of eight columns.
struct Quads { a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, f: vec4f, g: vec4f, h: vec4f }

fn keep_weights(buffer: u32, column: u32, w: Octet) {
  let at = buffer + column % 8u * COLUMN_STRIDE + column / 8u;
  scratch[at] = w.low;
  scratch[at + 8u * COLUMN_STRIDE] = w.high;
}

fn keep_input(buffer: u32, row: u32, quad: u32, x: vec4f) {
  scratch[buffer + INPUT_AT + quad * ROW_QUAD_STRIDE + row % 8u * ROW_STRIDE + row / 8u] = x;
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
  let column = buffer + 8u * quad * COLUMN_STRIDE + columns_at;
  let w = Quads(scratch[column], scratch[column + COLUMN_STRIDE],
                scratch[column + 2u * COLUMN_STRIDE], scratch[column + 3u * COLUMN_STRIDE],
                scratch[column + 4u * COLUMN_STRIDE], scratch[column + 5u * COLUMN_STRIDE],
                scratch[column + 6u * COLUMN_STRIDE], scratch[column + 7u * COLUMN_STRIDE]);
  let x = buffer + INPUT_AT + quad * ROW_QUAD_STRIDE + rows_at;
  return Tile(add_row(sums.a, scratch[x], w),
              add_row(sums.b, scratch[x + ROW_STRIDE], w),
              add_row(sums.c, scratch[x + 2u * ROW_STRIDE], w),
              add_row(sums.d, scratch[x + 3u * ROW_STRIDE], w),
              add_row(sums.e, scratch[x + 4u * ROW_STRIDE], w),
              add_row(sums.f, scratch[x + 5u * ROW_STRIDE], w),
              add_row(sums.g, scratch[x + 6u * ROW_STRIDE], w),
              add_row(sums.h, scratch[x + 7u * ROW_STRIDE], w));
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
  var squares = 0.0;
  if (NORMED) {
    workgroupBarrier();
    gather_squares(first_row + r, 8u, 8u, local);
    squares = squares_in(rows_at);
  }
  finish(first_row + 8u * rows_at + r, octet, sums, squares);
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
    let buffer = octet % 2u * BUFFER;
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
    keep_weights(BUFFER - buffer, local, scaled(stored, scale));
    keep_input(BUFFER - buffer, local / 2u, quad, x);
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
