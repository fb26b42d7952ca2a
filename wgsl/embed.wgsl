// Looks the rows' tokens up in the embedding matrix and prepares the first norm's input.
// One invocation per quad of a row; a slice of the matrix writes only the tokens that it holds.

override HIDDEN: u32; // A multiple of 8.
override WEIGHT_FORMAT: u32; // 0: f32, 1: f16 pairs, 2: bf16 pairs.
override FIRST_TOKEN: u32 = 0;
override TOKENS: u32; // Tokens of this slice.
override PREPARED_STRIDE: u32; // Distance of prepared rows, in floats.
override WORKGROUP: u32 = 64;

struct Row { token: u32, position: u32, slot: u32, prefix: u32 }
struct Rows { count: u32, row: array<Row> }

@group(0) @binding(0) var<storage, read> rows: Rows;
// [TOKENS, HIDDEN] in WEIGHT_FORMAT, as 16-bit pairs or single floats.
@group(0) @binding(1) var<storage, read> weights: array<u32>;
// [HIDDEN / 4].
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, HIDDEN / 4], the residual stream.
@group(0) @binding(3) var<storage, read_write> hidden: array<vec4f>;
// [rows, PREPARED_STRIDE]: hidden · norm_weight, then a sum of squares per quad.
@group(0) @binding(4) var<storage, read_write> prepared: array<f32>;

fn unpack_pair(pair: u32) -> vec2f {
  if (WEIGHT_FORMAT == 1u) {
    return unpack2x16float(pair);
  }
  return vec2(bitcast<f32>(pair << 16u), bitcast<f32>(pair & 0xffff0000u));
}

fn load_quad(index: u32) -> vec4f {
  if (WEIGHT_FORMAT == 0u) {
    let at = 4u * index;
    return bitcast<vec4f>(vec4(weights[at], weights[at + 1u], weights[at + 2u], weights[at + 3u]));
  }
  return vec4(unpack_pair(weights[2u * index]), unpack_pair(weights[2u * index + 1u]));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.y;
  let quad = group.x * WORKGROUP + local;
  if (row >= rows.count || quad >= HIDDEN / 4u) {
    return;
  }
  let token = rows.row[row].token - FIRST_TOKEN;
  if (token >= TOKENS) {
    return;
  }
  let value = load_quad(token * (HIDDEN / 4u) + quad);
  hidden[row * (HIDDEN / 4u) + quad] = value;
  let scaled = value * norm_weight[quad];
  let base = row * PREPARED_STRIDE;
  prepared[base + 4u * quad] = scaled.x;
  prepared[base + 4u * quad + 1u] = scaled.y;
  prepared[base + 4u * quad + 2u] = scaled.z;
  prepared[base + 4u * quad + 3u] = scaled.w;
  prepared[base + HIDDEN + quad] = dot(value, value);
}
