// The gradient of the norms of query and key heads with respect to the heads, which takes the place of
// that with respect to what the norms gave, see norm_slope.wgsl. One workgroup per row and what is
// normalised together.

override HEAD_DIM: u32; // A multiple of 8.

struct HeadCounts { heads: u32, kv_heads: u32 }

@group(0) @binding(22) var<uniform> counts: HeadCounts;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, query_heads() + 2 · key_heads(), HEAD_DIM / 4]: x.
@group(0) @binding(1) var<storage, read> projected: array<vec4f>;
// See weight_place: w.
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;
// [rows, query_heads() + 2 · key_heads(), HEAD_DIM / 4]: dy, then dx.
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;

fn query_heads() -> u32 {
  return counts.heads;
}

fn key_heads() -> u32 {
  return counts.kv_heads;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  if (row >= rows.count) {
    return;
  }
  let heads = heads_of(group.x);
  let base = 2u * (row * (query_heads() + 2u * key_heads()) + heads.first) * HEAD_OCTETS;
  let vectors = 2u * heads.count * HEAD_OCTETS;
  let weight_base = weight_place(heads.first, 0u);
  var squares = vec4f();
  var products = vec4f();
  for (var i = lane; i < vectors; i += WORKGROUP) {
    let x = projected[base + i];
    squares = fma(x, x, squares);
    products = fma(x, gradient[base + i] * norm_weight[weight_base + i], products);
  }
  let slope = norm_slope(squares, products, 4u * vectors, lane);
  for (var i = lane; i < vectors; i += WORKGROUP) {
    gradient[base + i] = slope.scale * gradient[base + i] * norm_weight[weight_base + i]
      - slope.pull * projected[base + i];
  }
}
