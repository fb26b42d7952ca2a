// Product of a few rows with a weight matrix, output[r, c] = Σ_k input[r, k] · weights[c, k], and
// what follows it at once: nothing, the residual sum, the gated activation, or rotation and cache.
//
// A quad is four neighbouring columns. LANES invocations share a quad, lane l taking the octets,
// eight k with k / 8 ≡ l (mod LANES); every invocation keeps its quad's sums for ROWS rows in
// registers. One lane per quad suits a software driver, where loads of the shared rows are cheap;
// 32 suit a GPU, where they read neighbouring bytes.
//
// The order of the sum depends on LANES alone, so a row's result has the same bits in any tile.

override INNER: u32; // Length of the sum; a multiple of 8.
override COLUMNS: u32; // Columns of this slice of the matrix.
override FIRST_QUAD: u32 = 0; // Quads of the matrix before this slice.
override LANES: u32 = 1;
override WORKGROUP: u32 = 64; // Invocations: LANES times the quads of a workgroup.
override ROWS: u32 = 1; // Rows of a tile, 1 … 16.
override WEIGHT_FORMAT: u32; // 0: f32, 1: f16 pairs, 2: bf16 pairs.
override INPUT_STRIDE: u32; // Distance of input rows, in vec4.
override NORMED: bool = false; // Input rows are scaled by 1 / rms, see `inverse_rms`.
override EPSILON: f32 = 0;
override EPILOGUE: u32 = 0; // One of the four below.
override OUTPUT_STRIDE: u32; // Distance of output rows, in vec2.
override PREPARED_STRIDE: u32 = 0; // Distance of prepared rows, in floats.
override HEADS: u32 = 0;
override KV_HEADS: u32 = 0;
override HEAD_DIM: u32 = 0;
override SLOTS: u32 = 0; // Slots of the cache.
override KV_F16: bool = true;

const MAX_ROWS = 16u;
const STORE = 0u;
const RESIDUAL = 1u;
const GATED = 2u;
const ATTENTION_INPUTS = 3u;

struct Row { token: u32, position: u32, slot: u32, prefix: u32 }
struct Rows { count: u32, row: array<Row> }

@group(0) @binding(0) var<storage, read> rows: Rows;
// [columns, INNER] row by row, in WEIGHT_FORMAT.
@group(0) @binding(1) var<storage, read> weights: array<vec4u>;
// [rows, INPUT_STRIDE].
@group(0) @binding(2) var<storage, read> input: array<vec4f>;
// [rows, OUTPUT_STRIDE]: the product; the residual stream; gated values; or the queries.
@group(0) @binding(3) var<storage, read_write> output: array<vec2f>;
// [rows, PREPARED_STRIDE]: for the next norm, hidden · norm_weight, then a sum of squares per quad.
@group(0) @binding(4) var<storage, read_write> prepared: array<f32>;
@group(0) @binding(5) var<storage, read> norm_weight: array<vec4f>;
// Keys [SLOTS, KV_HEADS, HEAD_DIM], then values of the same shape.
@group(0) @binding(6) var<storage, read_write> cache: array<vec2u>;
// [positions, HEAD_DIM / 4]: cos, sin of two neighbouring frequencies.
@group(0) @binding(7) var<storage, read> rotations: array<vec4f>;

var<workgroup> partial_sums: array<vec4f, WORKGROUP>;
var<workgroup> partial_squares: array<f32, WORKGROUP>;

// Eight weights of one column.
struct Octet { low: vec4f, high: vec4f }

fn load_octet(column: u32, octet: u32) -> Octet {
  let index = column * (INNER / 8u) + octet;
  if (WEIGHT_FORMAT == 0u) {
    return Octet(bitcast<vec4f>(weights[2u * index]), bitcast<vec4f>(weights[2u * index + 1u]));
  }
  let packed = weights[index];
  if (WEIGHT_FORMAT == 1u) {
    return Octet(vec4(unpack2x16float(packed.x), unpack2x16float(packed.y)),
                 vec4(unpack2x16float(packed.z), unpack2x16float(packed.w)));
  }
  let even = bitcast<vec4f>(packed << vec4(16u));
  let odd = bitcast<vec4f>(packed & vec4(0xffff0000u));
  return Octet(vec4(even.x, odd.x, even.y, odd.y), vec4(even.z, odd.z, even.w, odd.w));
}

// Adds the products of eight k: one input row with the four columns of a quad.
fn accumulate(sum: vec4f, row: u32, octet: u32, w: array<Octet, 4>) -> vec4f {
  let low = input[row * INPUT_STRIDE + 2u * octet];
  let high = input[row * INPUT_STRIDE + 2u * octet + 1u];
  var s = fma(vec4(low.x), vec4(w[0].low.x, w[1].low.x, w[2].low.x, w[3].low.x), sum);
  s = fma(vec4(low.y), vec4(w[0].low.y, w[1].low.y, w[2].low.y, w[3].low.y), s);
  s = fma(vec4(low.z), vec4(w[0].low.z, w[1].low.z, w[2].low.z, w[3].low.z), s);
  s = fma(vec4(low.w), vec4(w[0].low.w, w[1].low.w, w[2].low.w, w[3].low.w), s);
  s = fma(vec4(high.x), vec4(w[0].high.x, w[1].high.x, w[2].high.x, w[3].high.x), s);
  s = fma(vec4(high.y), vec4(w[0].high.y, w[1].high.y, w[2].high.y, w[3].high.y), s);
  s = fma(vec4(high.z), vec4(w[0].high.z, w[1].high.z, w[2].high.z, w[3].high.z), s);
  return fma(vec4(high.w), vec4(w[0].high.w, w[1].high.w, w[2].high.w, w[3].high.w), s);
}

// This lane's share of the row's sum of squares, which stands behind the row as one sum per quad.
fn share_of_squares(row: u32, lane: u32) -> f32 {
  var sums = vec4(0.0);
  for (var i = lane; i < (INNER + 15u) / 16u; i += LANES) {
    sums += input[row * INPUT_STRIDE + INNER / 4u + i];
  }
  return (sums.x + sums.y) + (sums.z + sums.w);
}

fn finish_residual(row: u32, quad: u32, sum: vec4f) {
  let at = row * OUTPUT_STRIDE + 2u * quad;
  let hidden = vec4(output[at], output[at + 1u]) + sum;
  output[at] = hidden.xy;
  output[at + 1u] = hidden.zw;
  let scaled = hidden * norm_weight[quad];
  let base = row * PREPARED_STRIDE;
  prepared[base + 4u * quad] = scaled.x;
  prepared[base + 4u * quad + 1u] = scaled.y;
  prepared[base + 4u * quad + 2u] = scaled.z;
  prepared[base + 4u * quad + 3u] = scaled.w;
  prepared[base + 2u * OUTPUT_STRIDE + quad] = dot(hidden, hidden);
}

// The columns of a quad are gate, gate, up, up of two neighbouring inner units.
fn finish_gated(row: u32, quad: u32, sum: vec4f) {
  let silu = sum.xy / (vec2(1.0) + exp(-sum.xy));
  output[row * OUTPUT_STRIDE + quad] = silu * sum.zw;
}

// A quad of a query or key head holds the dimensions 2j, 2j+1 and their partners half a head away,
// so that the rotation stays inside it; queries and keys keep this order, which no dot product sees.
fn finish_attention_inputs(row: u32, quad: u32, sum: vec4f) {
  let head = quad / (HEAD_DIM / 4u);
  let inner = quad % (HEAD_DIM / 4u);
  var value = sum;
  if (head < HEADS + KV_HEADS) {
    let turn = rotations[rows.row[row].position * (HEAD_DIM / 4u) + inner];
    let cosine = turn.xz;
    let sine = turn.yw;
    value = vec4(fma(sum.xy, cosine, -(sum.zw * sine)), fma(sum.zw, cosine, sum.xy * sine));
  }
  if (head < HEADS) {
    output[row * OUTPUT_STRIDE + 2u * quad] = value.xy;
    output[row * OUTPUT_STRIDE + 2u * quad + 1u] = value.zw;
    return;
  }
  // The value heads follow the key heads, as the value slots follow the key slots.
  let which = (head - HEADS) / KV_HEADS;
  let slot = which * SLOTS + rows.row[row].slot;
  let at = (slot * KV_HEADS + (head - HEADS) % KV_HEADS) * (HEAD_DIM / 4u) + inner;
  if (KV_F16) {
    cache[at] = vec2(pack2x16float(value.xy), pack2x16float(value.zw));
  } else {
    cache[2u * at] = bitcast<vec2u>(value.xy);
    cache[2u * at + 1u] = bitcast<vec2u>(value.zw);
  }
}

// Adds up the lanes of the quad in ascending order and lets its first lane write the result.
fn finish(row: u32, local: u32, quad: u32, own: vec4f) {
  let lane = local % LANES;
  var sum = own;
  var squares = 0.0;
  if (NORMED) {
    squares = share_of_squares(row, lane);
  }
  if (LANES > 1u) {
    partial_sums[local] = sum;
    partial_squares[local] = squares;
    workgroupBarrier();
    if (lane == 0u) {
      for (var l = 1u; l < LANES; l++) {
        sum += partial_sums[local + l];
        squares += partial_squares[local + l];
      }
    }
    workgroupBarrier();
  }
  if (lane != 0u || row >= rows.count || 4u * quad >= COLUMNS) {
    return;
  }
  if (NORMED) {
    sum *= inverseSqrt(squares / f32(INNER) + EPSILON);
  }
  let column_quad = FIRST_QUAD + quad;
  if (EPILOGUE == STORE) {
    output[row * OUTPUT_STRIDE + 2u * column_quad] = sum.xy;
    output[row * OUTPUT_STRIDE + 2u * column_quad + 1u] = sum.zw;
  } else if (EPILOGUE == RESIDUAL) {
    finish_residual(row, column_quad, sum);
  } else if (EPILOGUE == GATED) {
    finish_gated(row, column_quad, sum);
  } else {
    finish_attention_inputs(row, column_quad, sum);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = group.y * ROWS;
  if (first_row >= rows.count) {
    return;
  }
  let quad = group.x * (WORKGROUP / LANES) + local / LANES;
  let column = 4u * min(quad, (COLUMNS - 1u) / 4u);
  var sums: array<vec4f, MAX_ROWS>;
  for (var octet = local % LANES; octet < INNER / 8u; octet += LANES) {
    let w = array(load_octet(column, octet), load_octet(column + 1u, octet),
                  load_octet(column + 2u, octet), load_octet(column + 3u, octet));
    for (var r = 0u; r < ROWS; r++) {
      sums[r] = accumulate(sums[r], first_row + r, octet, w);
    }
  }
  for (var r = 0u; r < ROWS; r++) {
    finish(first_row + r, local, quad, sums[r]);
  }
}
