// What the two matrix products share: their bindings, the loading of weights, and what is done with
// a finished sum at once: nothing, the residual sum, the gated activation, or rotation and cache.
// An invocation computes eight neighbouring columns, an octet.

override COLUMNS: u32; // Columns of this slice of the matrix.
override FIRST_OCTET: u32 = 0; // Octets of the matrix before this slice.
override WORKGROUP: u32; // Invocations.
override ROWS: u32 = 1; // Rows of a tile, 1 … 16.
override INPUT_STRIDE: u32; // Distance of input rows, in vec4.
override NORMED: bool = false; // Input rows are prepared rows; the sum is divided by their rms.
override EPSILON: f32 = 0;
override EPILOGUE: u32 = 0; // One of the four below.
override OUTPUT_STRIDE: u32; // Distance of output rows, in vec4.
override FIRST_ROW: u32 = 0; // The batch's rows before this one are passed over.
override GATHER: bool = false; // A row's input is the row that its token names, not its own.
override REPLACE: bool = false; // RESIDUAL: the sum takes the place of the residual stream.
override FIRST_OUTPUT_ROW: u32 = 0; // RESIDUAL: where the first row's residual stream stands.
override HEADS: u32 = 0;
override KV_HEADS: u32 = 1;
override HEAD_DIM: u32 = 8;
override SLOTS: u32 = 0; // Slots of the cache.
override KV_F16: bool = true;

const MAX_ROWS = 16u;
const STORE = 0u;
const RESIDUAL = 1u;
const GATED = 2u;
const ATTENTION_INPUTS = 3u;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, INPUT_STRIDE]. A prepared row is hidden · norm weight [INNER / 4], then the squares of
// hidden [INNER / 8], component j of vector i being the squares j and j + 4 of octet i together.
@group(0) @binding(2) var<storage, read> input: array<vec4f>;
// [rows, OUTPUT_STRIDE]: the product; the residual stream, where columns beyond the length of a row
// belong to the next one; gated values; or the queries.
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;
// RESIDUAL: [rows, 3 · OUTPUT_STRIDE / 2], prepared rows for the norm that comes next.
@group(0) @binding(4) var<storage, read_write> prepared: array<vec4f>;
// RESIDUAL: [columns / 4], the weight of that norm.
@group(0) @binding(5) var<storage, read> norm_weight: array<vec4f>;
// ATTENTION_INPUTS: keys [KV_HEADS, SLOTS, HEAD_DIM], then values of the same shape.
@group(0) @binding(6) var<storage, read_write> cache: array<vec4u>;
// ATTENTION_INPUTS: [positions, HEAD_DIM / 8, 2], cosines and sines of four frequencies.
@group(0) @binding(7) var<storage, read> rotations: array<vec4f>;

// Adds the products of eight k to the sums of four columns.
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

// Where a row's input begins.
fn input_of(row: u32) -> u32 {
  if (GATHER) {
    return rows.row[row].token * INPUT_STRIDE;
  }
  return row * INPUT_STRIDE;
}

fn finish_residual(row: u32, column_octet: u32, sum: Octet) {
  let target_row = FIRST_OUTPUT_ROW + row + column_octet / (OUTPUT_STRIDE / 2u);
  let octet = column_octet % (OUTPUT_STRIDE / 2u);
  let at = target_row * OUTPUT_STRIDE + 2u * octet;
  var low = sum.low;
  var high = sum.high;
  if (!REPLACE) {
    low += output[at];
    high += output[at + 1u];
  }
  output[at] = low;
  output[at + 1u] = high;
  let base = target_row * (OUTPUT_STRIDE + OUTPUT_STRIDE / 2u);
  prepared[base + 2u * octet] = low * norm_weight[2u * octet];
  prepared[base + 2u * octet + 1u] = high * norm_weight[2u * octet + 1u];
  prepared[base + OUTPUT_STRIDE + octet] = fma(low, low, high * high);
}

// The columns of an octet are four gates and the four values that they gate.
fn finish_gated(row: u32, octet: u32, sum: Octet) {
  let silu = sum.low / (vec4(1.0) + exp(-sum.low));
  output[row * OUTPUT_STRIDE + octet] = silu * sum.high;
}

// An octet of a query or key head holds four dimensions and their partners half a head away, so that
// the rotation stays inside it; queries and keys keep this order, which no dot product sees.
fn finish_attention_inputs(row: u32, octet: u32, sum: Octet) {
  let head = octet / (HEAD_DIM / 8u);
  let inner = octet % (HEAD_DIM / 8u);
  var value = sum;
  if (head < HEADS + KV_HEADS) {
    let at = 2u * (rows.row[row].position * (HEAD_DIM / 8u) + inner);
    let cosine = rotations[at];
    let sine = rotations[at + 1u];
    value = Octet(fma(sum.low, cosine, -(sum.high * sine)), fma(sum.high, cosine, sum.low * sine));
  }
  if (head < HEADS) {
    output[row * OUTPUT_STRIDE + 2u * octet] = value.low;
    output[row * OUTPUT_STRIDE + 2u * octet + 1u] = value.high;
    return;
  }
  // In the cache too the value heads follow the key heads.
  let at = ((head - HEADS) * SLOTS + rows.row[row].slot) * (HEAD_DIM / 8u) + inner;
  if (KV_F16) {
    cache[at] = pack_f16(value);
  } else {
    cache[2u * at] = bitcast<vec4u>(value.low);
    cache[2u * at + 1u] = bitcast<vec4u>(value.high);
  }
}

// Writes the sums of a row and an octet of columns. `squares` is the row's sum of squares.
fn finish(row: u32, octet: u32, sum: Octet, squares: f32) {
  if (row >= rows.count || 8u * octet >= COLUMNS) {
    return;
  }
  var value = sum;
  if (NORMED) {
    let scale = inverseSqrt(squares / f32(INNER) + EPSILON);
    value = Octet(sum.low * scale, sum.high * scale);
  }
  let column_octet = FIRST_OCTET + octet;
  if (EPILOGUE == STORE) {
    output[row * OUTPUT_STRIDE + 2u * column_octet] = value.low;
    output[row * OUTPUT_STRIDE + 2u * column_octet + 1u] = value.high;
  } else if (EPILOGUE == RESIDUAL) {
    finish_residual(row, column_octet, value);
  } else if (EPILOGUE == GATED) {
    finish_gated(row, column_octet, value);
  } else {
    finish_attention_inputs(row, column_octet, value);
  }
}
