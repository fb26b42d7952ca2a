// What the attention kernels share: their bindings, and what they do with a key and its values.
//
// Attention of rows that are described by data. A row sees the logical positions up to its own, all of
// them or the last WINDOW; position p lies in cache slot p if p < prefix, else in slot
// ancestors[p - prefix] of the row.
// A workgroup serves HEADS query heads that share a key-value head.

override HEADS: u32;
override HEAD_BLOCKS: u32; // Workgroups that share a key-value head.
override OCTETS = HEAD_DIM / 8u;
override SCALE: f32; // Factor of the products of queries and keys.
override SOFT_CAP: f32 = 0; // Bound of the scaled products; 0 leaves them unbounded.
override WINDOW: u32 = 0; // Positions that a row sees, its own included; 0 if all.

struct Visibility { ancestors: u32 } // Room for ancestors per row.

@group(0) @binding(22) var<uniform> visibility: Visibility;

const MASKED = -3.0e38;
const KEYS = 0u;
const VALUES = 1u;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, room for ancestors]: slots of the positions from `prefix` on, the row's own slot last.
@group(0) @binding(1) var<storage, read> ancestors: array<u32>;
// [rows, kv_heads · HEAD_BLOCKS · HEADS, HEAD_DIM / 4], dimensions in the order of the keys.
@group(0) @binding(2) var<storage, read> queries: array<vec4f>;
// See cache_layout.wgsl.
@group(0) @binding(3) var<storage, read> cache: array<vec4u>;
// [rows, kv_heads · HEAD_BLOCKS · HEADS, HEAD_DIM / 4].
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

// Query heads of a row.
fn all_heads() -> u32 {
  return cache_layout.kv_heads * HEAD_BLOCKS * HEADS;
}

// The first position that a row at `position` sees.
fn first_visible(position: u32) -> u32 {
  if (WINDOW == 0u) {
    return 0u;
  }
  return position + 1u - min(position + 1u, WINDOW);
}

// The scores of products of queries and keys.
fn scores_of(products: vec4f) -> vec4f {
  let scaled = products * SCALE;
  if (SOFT_CAP > 0.0) {
    return soft_cap(scaled, SOFT_CAP);
  }
  return scaled;
}

// What a query has gathered so far: its greatest score, its mass, and eight value dimensions.
struct Sum { greatest: f32, mass: f32, value: Octet }

// Eight neighbouring numbers as they lie in the cache; halves need `low` alone.
struct Stored { low: vec4u, high: vec4u }

fn load_stored(which: u32, slot: u32, kv_head: u32, octet: u32) -> Stored {
  let at = cached_octet(which * cache_layout.kv_heads + kv_head, slot, octet);
  if (KV_F16) {
    return Stored(cache[at], vec4u());
  }
  return Stored(cache[2u * at], cache[2u * at + 1u]);
}

fn unpack_stored(stored: Stored) -> Octet {
  if (KV_F16) {
    return unpack_f16(stored.low);
  }
  return Octet(bitcast<vec4f>(stored.low), bitcast<vec4f>(stored.high));
}

fn load_cached(which: u32, slot: u32, kv_head: u32, octet: u32) -> Octet {
  return unpack_stored(load_stored(which, slot, kv_head, octet));
}

fn add_product(sum: f32, q: Octet, k: Octet) -> f32 {
  let s = fma(q.low.w, k.low.w, fma(q.low.z, k.low.z, fma(q.low.y, k.low.y, fma(q.low.x, k.low.x, sum))));
  return fma(q.high.w, k.high.w, fma(q.high.z, k.high.z, fma(q.high.y, k.high.y, fma(q.high.x, k.high.x, s))));
}

// Makes `greatest` the new reference of the exponentials. Masses are not negative: the maximum keeps a device from
// fusing the product with the sum that comes next in one kernel and not in another.
fn rescale(sum: Sum, greatest: f32) -> Sum {
  let factor = exp(sum.greatest - greatest);
  let mass = max(sum.mass * factor, 0.0);
  return Sum(greatest, mass, Octet(sum.value.low * factor, sum.value.high * factor));
}

fn add_value(sum: Sum, weight: f32, v: Octet) -> Sum {
  let value = Octet(fma(vec4(weight), v.low, sum.value.low), fma(vec4(weight), v.high, sum.value.high));
  return Sum(sum.greatest, sum.mass + weight, value);
}
