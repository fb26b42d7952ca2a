// What the two attention kernels share: their bindings, and where a row finds a position.
//
// Attention of rows that are described by data. A row sees the logical positions 0 … position;
// position p lies in cache slot p if p < prefix, else in slot ancestors[p - prefix] of the row.
// A workgroup serves ROWS neighbouring rows times HEADS query heads that share a key-value head.

override ROWS: u32;
override HEADS: u32;
override HEAD_BLOCKS: u32; // Workgroups that share a key-value head.
override KV_HEADS: u32;
override HEAD_DIM: u32; // A multiple of 8.
override SLOTS: u32;
override ANCESTORS: u32; // Room for ancestors per row.
override KV_F16: bool = true;
override SCALE: f32; // 1 / √HEAD_DIM

const MAX_QUERIES = 8u; // ROWS · HEADS is at most this.
const MASKED = -3.0e38;
const KEYS = 0u;
const VALUES = 1u;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, ANCESTORS]: slots of the positions from `prefix` on, the row's own slot last.
@group(0) @binding(1) var<storage, read> ancestors: array<u32>;
// [rows, KV_HEADS · HEAD_BLOCKS · HEADS, HEAD_DIM / 4], dimensions in the order of the keys.
@group(0) @binding(2) var<storage, read> queries: array<vec4f>;
// Keys [KV_HEADS, SLOTS, HEAD_DIM], then values of the same shape.
@group(0) @binding(3) var<storage, read> cache: array<vec4u>;
// [rows, KV_HEADS · HEAD_BLOCKS · HEADS, HEAD_DIM / 4].
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

// What a query has gathered so far: its greatest score, its mass, and eight value dimensions.
struct Sum { greatest: f32, mass: f32, value: Octet }

fn slot_of(row: u32, position: u32) -> u32 {
  let r = rows.row[row];
  if (position < r.prefix) {
    return position;
  }
  return ancestors[row * ANCESTORS + min(position, r.position) - r.prefix];
}

// The positions that a tile of rows sees.
struct View {
  shared_prefix: u32, // Below it all rows of the tile find a position in the same slot.
  last_position: u32,
}

fn view_of(first_row: u32) -> View {
  var view = View(rows.row[first_row].prefix, rows.row[first_row].position);
  for (var r = 1u; r < ROWS; r++) {
    if (first_row + r < rows.count) {
      view.shared_prefix = min(view.shared_prefix, rows.row[first_row + r].prefix);
      view.last_position = max(view.last_position, rows.row[first_row + r].position);
    }
  }
  return view;
}

fn load_cached(which: u32, slot: u32, kv_head: u32, octet: u32) -> Octet {
  let at = ((which * KV_HEADS + kv_head) * SLOTS + slot) * (HEAD_DIM / 8u) + octet;
  if (KV_F16) {
    return unpack_f16(cache[at]);
  }
  return Octet(bitcast<vec4f>(cache[2u * at]), bitcast<vec4f>(cache[2u * at + 1u]));
}

fn add_product(sum: f32, q: Octet, k: Octet) -> f32 {
  let s = fma(q.low.w, k.low.w, fma(q.low.z, k.low.z, fma(q.low.y, k.low.y, fma(q.low.x, k.low.x, sum))));
  return fma(q.high.w, k.high.w, fma(q.high.z, k.high.z, fma(q.high.y, k.high.y, fma(q.high.x, k.high.x, s))));
}

// Makes `greatest` the new reference of the exponentials.
fn rescale(sum: Sum, greatest: f32) -> Sum {
  let factor = exp(sum.greatest - greatest);
  return Sum(greatest, sum.mass * factor, Octet(sum.value.low * factor, sum.value.high * factor));
}

fn add_value(sum: Sum, weight: f32, v: Octet) -> Sum {
  let value = Octet(fma(vec4(weight), v.low, sum.value.low), fma(vec4(weight), v.high, sum.value.high));
  return Sum(sum.greatest, sum.mass + weight, value);
}
