// Looks the rows' tokens up in the embedding matrix and prepares them for the first norm.
// The matrix is [tokens, inner()]. One invocation per octet of a row; a slice of the matrix writes only
// the tokens that it holds. What positions add is a file of its own.

override WORKGROUP: u32;

struct EmbeddingSizes {
  inner: u32, // Numbers of a token's embedding; a multiple of 8.
  first_token: u32, // The first token of this slice,
  tokens: u32, // and how many it has.
  scale: f32, // Factor of the embeddings.
}

@group(0) @binding(20) var<uniform> sizes: EmbeddingSizes;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [inner() / 4].
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, inner() / 4], the residual stream.
@group(0) @binding(3) var<storage, read_write> hidden: array<vec4f>;
// [rows, 3 · inner() / 8]: hidden · norm weight, then the squares of each octet's two halves together.
@group(0) @binding(4) var<storage, read_write> prepared: array<vec4f>;

fn inner() -> u32 {
  return sizes.inner;
}

fn unknown_zero() -> u32 {
  return 0u; // No loop needs it, see sum_uniform.wgsl.
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.y;
  let octet = group.x * WORKGROUP + local;
  if (row >= rows.count || octet >= inner() / 8u) {
    return;
  }
  let token = rows.row[row].token - sizes.first_token;
  if (token >= sizes.tokens) {
    return;
  }
  let stored = load_weights(token, octet);
  let value = positioned(row, octet, Octet(stored.low * sizes.scale, stored.high * sizes.scale));
  let at = row * (inner() / 4u) + 2u * octet;
  hidden[at] = value.low;
  hidden[at + 1u] = value.high;
  let base = row * (inner() / 4u + inner() / 8u);
  prepared[base + 2u * octet] = value.low * norm_weight[2u * octet];
  prepared[base + 2u * octet + 1u] = value.high * norm_weight[2u * octet + 1u];
  prepared[base + inner() / 4u + octet] = fma(value.low, value.low, value.high * value.high);
}
