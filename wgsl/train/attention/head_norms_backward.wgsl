// The gradient of the norms of query and key heads with respect to the heads, which takes the place of
// that with respect to what the norms gave, see norm_slope.wgsl. One workgroup per row and what is
// normalised together. Norms after the rotation get the gradient of rotated heads, and turn it back;
// LayerNorms are those of layer_norm_backward.wgsl.

override AFTER_ROTATION: bool = false;
override CENTRED: bool = false;
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
// [positions, HEAD_DIM / 8, 2]: cosines and sines of four frequencies.
@group(0) @binding(4) var<storage, read> rotations: array<vec4f>;

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
  let octets = heads.count * HEAD_OCTETS;
  var means = vec2f();
  if (CENTRED) {
    means = means_of(row, heads.first, base, octets, lane);
    workgroupBarrier();
  }
  var squares = vec4f();
  var products = vec4f();
  for (var i = lane; i < octets; i += WORKGROUP) {
    let x = Octet(projected[base + 2u * i] - means.x, projected[base + 2u * i + 1u] - means.x);
    let g = weighted_gradient(row, heads.first, base, i);
    squares = fma(x.high, x.high, fma(x.low, x.low, squares));
    products = fma(x.high, g.high, fma(x.low, g.low, products));
  }
  let slope = norm_slope(squares, products, 8u * octets, lane);
  for (var i = lane; i < octets; i += WORKGROUP) {
    let g = weighted_gradient(row, heads.first, base, i);
    let x = Octet(projected[base + 2u * i] - means.x, projected[base + 2u * i + 1u] - means.x);
    gradient[base + 2u * i] = slope.scale * (g.low - means.y) - slope.pull * x.low;
    gradient[base + 2u * i + 1u] = slope.scale * (g.high - means.y) - slope.pull * x.high;
  }
}

// The means of x and of w · dy.
fn means_of(row: u32, first_head: u32, base: u32, octets: u32, lane: u32) -> vec2f {
  var sums = vec2f();
  for (var i = lane; i < octets; i += WORKGROUP) {
    let g = weighted_gradient(row, first_head, base, i);
    let x = projected[base + 2u * i] + projected[base + 2u * i + 1u];
    sums += vec2(dot(x, vec4(1.0)), dot(g.low + g.high, vec4(1.0)));
  }
  return sums_over_workgroup(sums, lane) / f32(8u * octets);
}

// w · dy of an octet behind the first head, before the rotation.
fn weighted_gradient(row: u32, first_head: u32, base: u32, i: u32) -> Octet {
  let at = weight_place(first_head, 0u) + 2u * i;
  let g = Octet(gradient[base + 2u * i] * norm_weight[at],
                gradient[base + 2u * i + 1u] * norm_weight[at + 1u]);
  if (!AFTER_ROTATION) {
    return g;
  }
  let turn = 2u * (rows.row[row].position * HEAD_OCTETS + i % HEAD_OCTETS);
  let cosine = rotations[turn];
  let sine = rotations[turn + 1u];
  return Octet(g.low * cosine + g.high * sine, g.high * cosine - g.low * sine);
}
