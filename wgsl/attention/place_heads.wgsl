// Rotates the query and key heads of a row, lets queries grow, and puts queries, keys and values where
// attention reads them.

override ROTATED: bool = true; // Whether queries and keys are rotated by their position.

struct HeadPlaces { heads: u32 } // Query heads.

@group(0) @binding(22) var<uniform> places_of_heads: HeadPlaces;

// [rows, heads · HEAD_DIM / 4].
@group(0) @binding(3) var<storage, read_write> queries: array<vec4f>;
// See cache_layout.wgsl.
@group(0) @binding(4) var<storage, read_write> cache: array<vec4u>;
// [positions, HEAD_DIM / 8, 2], cosines and sines of four frequencies.
@group(0) @binding(5) var<storage, read> rotations: array<vec4f>;

// An octet of a query or key head holds four dimensions and the four that they are rotated with;
// queries and keys keep this order, which no dot product sees. Value heads follow the key heads.
fn rotated_octet(row: u32, head: u32, octet: u32, value: Octet) -> Octet {
  if (!ROTATED || head >= places_of_heads.heads + cache_layout.kv_heads) {
    return value;
  }
  let at = 2u * (rows.row[row].position * (HEAD_DIM / 8u) + octet);
  let cosine = rotations[at];
  let sine = rotations[at + 1u];
  return Octet(fma(value.low, cosine, -(value.high * sine)),
               fma(value.high, cosine, value.low * sine));
}

// Puts an octet that is rotated where it is read.
fn place_head_octet(row: u32, head: u32, octet: u32, value: Octet) {
  let heads = places_of_heads.heads;
  if (head < heads) {
    let at = (row * heads + head) * (HEAD_DIM / 4u) + 2u * octet;
    let growth = query_growth(rows.row[row].position);
    queries[at] = growth * value.low;
    queries[at + 1u] = growth * value.high;
    return;
  }
  let at = cached_octet(head - heads, rows.row[row].slot, octet);
  if (KV_F16) {
    cache[at] = pack_f16(value);
  } else {
    cache[2u * at] = bitcast<vec4u>(value.low);
    cache[2u * at + 1u] = bitcast<vec4u>(value.high);
  }
}
