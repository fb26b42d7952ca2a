// What the two backward passes of attention share: the cache, and gradients as columns of the
// projection that made queries, keys and values.

override HEADS: u32;
override SCALE: f32; // Factor of the products of queries and keys.
override SOFT_CAP: f32 = 0; // Bound of the scaled products; 0 leaves them unbounded.
override WINDOW: u32 = 0; // Positions that a row sees, its own included; 0 if all.
override ROTATED: bool = true; // Whether queries and keys are rotated by their position.
override WORKGROUP: u32;

const KEYS = 0u;
const VALUES = 1u;
const MAX_OCTETS = 32u;

// What is kept of a query's softmax: the logarithm of its mass, and Σ weight · (value · gradient).
struct Statistics { log_mass: f32, mean: f32 }

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, HEADS, HEAD_DIM], rotated and grown.
@group(0) @binding(1) var<storage, read> queries: array<vec4f>;
// See cache_layout.wgsl.
@group(0) @binding(2) var<storage, read> cache: array<vec4u>;
// [rows, HEADS, HEAD_DIM]: the gradient with respect to attention's output.
@group(0) @binding(3) var<storage, read> attended_gradient: array<vec4f>;
// [positions, HEAD_DIM / 8, 2]: cosines and sines of four frequencies.
@group(0) @binding(4) var<storage, read> rotations: array<vec4f>;
// [rows, HEADS + 2 · kv_heads, HEAD_DIM]: the gradients of queries, keys and values before rotation.
@group(0) @binding(5) var<storage, read_write> gradient: array<vec4f>;

fn load_cached(which: u32, slot: u32, kv_head: u32, octet: u32) -> Octet {
  let at = cached_octet(which * cache_layout.kv_heads + kv_head, slot, octet);
  if (KV_F16) {
    return unpack_f16(cache[at]);
  }
  return Octet(bitcast<vec4f>(cache[2u * at]), bitcast<vec4f>(cache[2u * at + 1u]));
}

fn add_product(sum: vec4f, a: Octet, b: Octet) -> vec4f {
  return fma(a.high, b.high, fma(a.low, b.low, sum));
}

fn total(sum: vec4f) -> f32 {
  return (sum.x + sum.y) + (sum.z + sum.w);
}

// The scores of products of queries and keys, and their slopes.
struct Scores { values: vec4f, slopes: vec4f }

fn scores_of(products: vec4f) -> Scores {
  let scaled = products * SCALE;
  if (SOFT_CAP == 0.0) {
    return Scores(scaled, vec4(SCALE));
  }
  let capped = soft_cap(scaled, SOFT_CAP);
  let shares = capped / SOFT_CAP;
  return Scores(capped, SCALE * (1.0 - shares * shares));
}

struct Score { value: f32, slope: f32 }

fn score_of(product: f32) -> Score {
  let scores = scores_of(vec4(product));
  return Score(scores.values.x, scores.slopes.x);
}

// Writes one octet of a head's gradient, turned back if the head is of queries or keys, with the slope of
// what let queries grow.
fn store_gradient(row: u32, head: u32, octet: u32, value: Octet) {
  var turned = value;
  if (ROTATED && head < HEADS + cache_layout.kv_heads) {
    let at = 2u * (rows.row[row].position * (HEAD_DIM / 8u) + octet);
    let cosine = rotations[at];
    let sine = rotations[at + 1u];
    turned = Octet(value.low * cosine + value.high * sine, value.high * cosine - value.low * sine);
  }
  let slope = select(1.0, query_growth(rows.row[row].position), head < HEADS);
  let at = ((row * (HEADS + 2u * cache_layout.kv_heads) + head) * (HEAD_DIM / 8u) + octet) * 2u;
  gradient[at] = slope * turned.low;
  gradient[at + 1u] = slope * turned.high;
}
