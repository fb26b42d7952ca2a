// Looks the rows' tokens up in the embedding matrix and prepares them for the first norm.
// The matrix is [TOKENS, INNER]. One invocation per octet of a row; a slice of the matrix writes only
// the tokens that it holds.

override FIRST_TOKEN: u32 = 0;
override TOKENS: u32; // Tokens of this slice.
override SCALE: f32 = 1; // Factor of the embeddings.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [INNER / 4].
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, INNER / 4], the residual stream.
@group(0) @binding(3) var<storage, read_write> hidden: array<vec4f>;
// [rows, 3 · INNER / 8]: hidden · norm weight, then the squares of each octet's two halves together.
@group(0) @binding(4) var<storage, read_write> prepared: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.y;
  let octet = group.x * WORKGROUP + local;
  if (row >= rows.count || octet >= INNER / 8u) {
    return;
  }
  let token = rows.row[row].token - FIRST_TOKEN;
  if (token >= TOKENS) {
    return;
  }
  let stored = load_weights(token, octet);
  let value = Octet(stored.low * SCALE, stored.high * SCALE);
  let at = row * (INNER / 4u) + 2u * octet;
  hidden[at] = value.low;
  hidden[at + 1u] = value.high;
  let base = row * (INNER / 4u + INNER / 8u);
  prepared[base + 2u * octet] = value.low * norm_weight[2u * octet];
  prepared[base + 2u * octet + 1u] = value.high * norm_weight[2u * octet + 1u];
  prepared[base + INNER / 4u + octet] = fma(value.low, value.low, value.high * value.high);
}
