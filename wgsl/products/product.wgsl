// What the product kernels share: their bindings, the sums of an octet, and the step before the
// epilogue. A product is composed of
//
//   - a codec, wgsl/weights/weights_*.wgsl: how eight weights are stored;
//   - a layout, matmul*.wgsl: how rows and columns are spread over invocations;
//   - sum_compiled.wgsl or sum_uniform.wgsl: whether it is compiled for sums of one length;
//   - in_order.wgsl or permuted.wgsl: whether weights stand where they belong along the sum;
//   - stored_input.wgsl, joined_input.wgsl, added_input.wgsl or layer_normed_input.wgsl: whether its input
//     is stored, in one buffer or in two, or made where it is read;
//   - one_matrix.wgsl or expert_matrix.wgsl: whether all rows are multiplied with the same matrix;
//   - bias.wgsl, expert_bias.wgsl or no_bias.wgsl;
//   - an epilogue with bindings of its own from 3 on: what becomes of the sums.
//
// An invocation computes eight neighbouring columns, an octet.

override WORKGROUP: u32; // Invocations.
override ROWS: u32 = 1; // Rows of a tile.
override NORMED: bool = false; // Input rows are prepared rows; the sum is divided by their rms.

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, input_stride()]. A prepared row is hidden · norm weight [inner() / 4], then the squares of
// hidden [inner() / 8], component j of vector i being the squares j and j + 4 of octet i together.
@group(0) @binding(2) var<storage, read> input: array<vec4f>;

// Where the input is prepared, one by its root mean square; an epilogue may ask for it.
var<private> scale_of_row: f32 = 1.0;

// Adds the products of eight k to the sum of one column.
fn add_column(sum: f32, x: Octet, w: Octet) -> f32 {
  var s = fma(x.low.x, w.low.x, sum);
  s = fma(x.low.y, w.low.y, s);
  s = fma(x.low.z, w.low.z, s);
  s = fma(x.low.w, w.low.w, s);
  s = fma(x.high.x, w.high.x, s);
  s = fma(x.high.y, w.high.y, s);
  s = fma(x.high.z, w.high.z, s);
  return fma(x.high.w, w.high.w, s);
}

// The same to the sums of four columns.
fn accumulate(sum: vec4f, x: Octet, a: Octet, b: Octet, c: Octet, d: Octet) -> vec4f {
  var s = fma(vec4(x.low.x), vec4(a.low.x, b.low.x, c.low.x, d.low.x), sum);
  s = fma(vec4(x.low.y), vec4(a.low.y, b.low.y, c.low.y, d.low.y), s);
  s = fma(vec4(x.low.z), vec4(a.low.z, b.low.z, c.low.z, d.low.z), s);
  s = fma(vec4(x.low.w), vec4(a.low.w, b.low.w, c.low.w, d.low.w), s);
  s = fma(vec4(x.high.x), vec4(a.high.x, b.high.x, c.high.x, d.high.x), s);
  s = fma(vec4(x.high.y), vec4(a.high.y, b.high.y, c.high.y, d.high.y), s);
  s = fma(vec4(x.high.z), vec4(a.high.z, b.high.z, c.high.z, d.high.z), s);
  return fma(vec4(x.high.w), vec4(a.high.w, b.high.w, c.high.w, d.high.w), s);
}

// Four numbers of a row's input, which four neighbouring weights are multiplied with.
fn load_input(row: u32, quad: u32) -> vec4f {
  return load_input_from(input_of(row), quad);
}

// The same of an input that begins at `start`.
fn load_input_from(start: u32, quad: u32) -> vec4f {
  if (!PERMUTED) {
    return input_vector(start, quad);
  }
  let at = places_of(quad);
  return vec4(input_vector(start, at.x / 4u)[at.x % 4u], input_vector(start, at.y / 4u)[at.y % 4u],
              input_vector(start, at.z / 4u)[at.z % 4u], input_vector(start, at.w / 4u)[at.w % 4u]);
}

// Hands the sums of a row and an octet of columns to the epilogue. `squares` is the row's sum of
// squares.
fn finish(row: u32, octet: u32, sum: Octet, squares: f32) {
  if (row >= end_row() || 8u * octet >= column_count()) {
    return;
  }
  var value = sum;
  if (NORMED) {
    scale_of_row = inverseSqrt(squares / f32(inner()) + epsilon());
    value = Octet(sum.low * scale_of_row, sum.high * scale_of_row);
  }
  let column_octet = slice_start() + octet;
  finish_octet(row, column_octet, add_bias(row, column_octet, value));
}
