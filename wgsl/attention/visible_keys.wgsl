// Keys and values as rows see them: their bindings, where they lie, and what a query makes of them.
//
// Position p lies in cache slot p if p < prefix, else in slot ancestors[p - prefix] of the row.

override SCALE: f32; // Factor of the products of queries and keys.
override SOFT_CAP: f32 = 0; // Bound of the scaled products; 0 leaves them unbounded.

struct Visibility { ancestors: u32 } // Room for ancestors per row.

@group(0) @binding(22) var<uniform> visibility: Visibility;

const KEYS = 0u;
const VALUES = 1u;

// [rows, room for ancestors]: slots of the positions from `prefix` on, the row's own slot last.
@group(0) @binding(1) var<storage, read> ancestors: array<u32>;
// [rows, kv_heads · HEAD_BLOCKS · HEADS, HEAD_DIM / 4], dimensions in the order of the keys.
@group(0) @binding(2) var<storage, read> queries: array<vec4f>;
// See cache_layout.wgsl.
@group(0) @binding(3) var<storage, read> cache: array<vec4u>;

// The scores of products of queries and keys.
fn scores_of(products: vec4f) -> vec4f {
  let scaled = products * SCALE;
  if (SOFT_CAP > 0.0) {
    return soft_cap(scaled, SOFT_CAP);
  }
  return scaled;
}

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
