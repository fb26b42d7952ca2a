// Attention of rows that are described by data. A row sees the logical positions 0 … position;
// position p lies in cache slot p if p < prefix, else in slot ancestors[p - prefix] of the row.
//
// A workgroup serves up to eight queries: ROWS neighbouring rows times HEADS query heads that share
// one key-value head. It walks the positions in chunks of CHUNK, one invocation per key while it
// scores, one per eight value dimensions while it sums; chunks merge in ascending order. So a row's
// result depends on its logical positions alone, not on the slots and not on its neighbours.

override ROWS: u32; // ROWS · HEADS ≤ 8.
override HEADS: u32; // Query heads of a workgroup.
override HEAD_BLOCKS: u32; // Workgroups that share a key-value head.
override KV_HEADS: u32;
override HEAD_DIM: u32; // A multiple of 8.
override CHUNK: u32 = 64; // Positions of a chunk, and invocations of a workgroup; ≥ HEAD_DIM / 8.
override VALUE_GROUPS: u32 = 1; // Parts of a chunk that are summed side by side.
override QUERIES_TIMES_CHUNK: u32; // Room for the scores.
override SLOTS: u32;
override ANCESTORS: u32; // Room for ancestors per row.
override KV_F16: bool = true;
override SCALE: f32; // 1 / sqrt(HEAD_DIM)

struct Row { token: u32, position: u32, slot: u32, prefix: u32 }
struct Rows { count: u32, row: array<Row> }

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, ANCESTORS]: slots of the positions from `prefix` on, the row's own slot last.
@group(0) @binding(1) var<storage, read> ancestors: array<u32>;
// [rows, KV_HEADS · HEAD_BLOCKS · HEADS, HEAD_DIM / 4], dimensions in the order of the keys.
@group(0) @binding(2) var<storage, read> queries: array<vec4f>;
// Keys [SLOTS, KV_HEADS, HEAD_DIM], then values of the same shape.
@group(0) @binding(3) var<storage, read> cache: array<vec4u>;
// [rows, KV_HEADS · HEAD_BLOCKS · HEADS, HEAD_DIM / 4].
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

const MAX_QUERIES = 8u;
const MASKED = -3.0e38;

// [queries, CHUNK]: scores, then their exponentials.
var<workgroup> scores: array<f32, QUERIES_TIMES_CHUNK>;
var<workgroup> partial_low: array<vec4f, CHUNK>;
var<workgroup> partial_high: array<vec4f, CHUNK>;
var<workgroup> partial_mass: array<f32, CHUNK>;

struct Octet { low: vec4f, high: vec4f }

// What a query has gathered so far: its greatest score, its mass, and eight value dimensions.
struct Sum { greatest: f32, mass: f32, low: vec4f, high: vec4f }

fn slot_of(row: u32, position: u32) -> u32 {
  let r = rows.row[row];
  if (position < r.prefix) {
    return position;
  }
  return ancestors[row * ANCESTORS + min(position, r.position) - r.prefix];
}

fn load_octet(which: u32, slot: u32, kv_head: u32, octet: u32) -> Octet {
  let at = ((which * SLOTS + slot) * KV_HEADS + kv_head) * (HEAD_DIM / 8u) + octet;
  if (KV_F16) {
    let packed = cache[at];
    return Octet(vec4(unpack2x16float(packed.x), unpack2x16float(packed.y)),
                 vec4(unpack2x16float(packed.z), unpack2x16float(packed.w)));
  }
  return Octet(bitcast<vec4f>(cache[2u * at]), bitcast<vec4f>(cache[2u * at + 1u]));
}

fn add_product(sum: f32, query: u32, octet: u32, key: Octet) -> f32 {
  let low = queries[query * (HEAD_DIM / 4u) + 2u * octet];
  let high = queries[query * (HEAD_DIM / 4u) + 2u * octet + 1u];
  let s = fma(low.w, key.low.w, fma(low.z, key.low.z, fma(low.y, key.low.y, fma(low.x, key.low.x, sum))));
  return fma(high.w, key.high.w, fma(high.z, key.high.z, fma(high.y, key.high.y, fma(high.x, key.high.x, s))));
}

// Adds up the value groups in ascending order and writes the query's dimensions.
fn finish(sum: Sum, query: u32, lane: u32, valid: bool) {
  let octets = HEAD_DIM / 8u;
  var low = sum.low;
  var high = sum.high;
  var mass = sum.mass;
  if (VALUE_GROUPS > 1u) {
    partial_low[lane] = low;
    partial_high[lane] = high;
    partial_mass[lane] = mass;
    workgroupBarrier();
    if (lane < octets) {
      for (var g = 1u; g < VALUE_GROUPS; g++) {
        low += partial_low[g * octets + lane];
        high += partial_high[g * octets + lane];
        mass += partial_mass[g * octets + lane];
      }
    }
    workgroupBarrier();
  }
  if (lane < octets && valid) {
    output[query * (HEAD_DIM / 4u) + 2u * lane] = low / mass;
    output[query * (HEAD_DIM / 4u) + 2u * lane + 1u] = high / mass;
  }
}

@compute @workgroup_size(CHUNK)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first_row = group.y * ROWS;
  if (first_row >= rows.count) {
    return;
  }
  let kv_head = group.x / HEAD_BLOCKS;
  let all_heads = KV_HEADS * HEAD_BLOCKS * HEADS;
  let first_query = first_row * all_heads + group.x * HEADS;
  let octet = lane % (HEAD_DIM / 8u);
  let value_group = lane / (HEAD_DIM / 8u);

  // Below `shared_prefix` all rows of the tile find a position in the same slot.
  var shared_prefix = rows.row[first_row].prefix;
  var last_position = rows.row[first_row].position;
  for (var r = 1u; r < ROWS; r++) {
    if (first_row + r < rows.count) {
      shared_prefix = min(shared_prefix, rows.row[first_row + r].prefix);
      last_position = max(last_position, rows.row[first_row + r].position);
    }
  }
  var sums: array<Sum, MAX_QUERIES>;
  for (var r = 0u; r < ROWS; r++) {
    for (var h = 0u; h < HEADS; h++) {
      sums[r * HEADS + h].greatest = MASKED;
    }
  }

  for (var first = 0u; first <= last_position; first += CHUNK) {
    // Scores: one key per invocation, all queries.
    let position = first + lane;
    let key_is_shared = position < shared_prefix;
    var products = array<f32, MAX_QUERIES>(); // Without the value naga clears it once, not per turn.
    for (var o = 0u; o < HEAD_DIM / 8u; o++) {
      var key = load_octet(0u, slot_of(first_row, position), kv_head, o);
      for (var r = 0u; r < ROWS; r++) {
        if (r > 0u && !key_is_shared) {
          key = load_octet(0u, slot_of(first_row + r, position), kv_head, o);
        }
        for (var h = 0u; h < HEADS; h++) {
          let i = r * HEADS + h;
          products[i] = add_product(products[i], first_query + r * all_heads + h, o, key);
        }
      }
    }
    for (var r = 0u; r < ROWS; r++) {
      let visible = position <= rows.row[first_row + r].position;
      for (var h = 0u; h < HEADS; h++) {
        let i = r * HEADS + h;
        scores[i * CHUNK + lane] = select(MASKED, products[i] * SCALE, visible);
      }
    }
    workgroupBarrier();

    // The greatest score so far; what was gathered before is rescaled to it.
    for (var i = 0u; i < ROWS * HEADS; i++) {
      var greatest = sums[i].greatest;
      for (var key = 0u; key < CHUNK; key++) {
        greatest = max(greatest, scores[i * CHUNK + key]);
      }
      let factor = exp(sums[i].greatest - greatest);
      sums[i] = Sum(greatest, sums[i].mass * factor, sums[i].low * factor, sums[i].high * factor);
    }
    workgroupBarrier();
    for (var i = 0u; i < ROWS * HEADS; i++) {
      let score = scores[i * CHUNK + lane];
      scores[i * CHUNK + lane] = select(exp(score - sums[i].greatest), 0.0, score == MASKED);
    }
    workgroupBarrier();

    // Values: eight dimensions per invocation, one key after the other.
    if (value_group < VALUE_GROUPS) {
      let end = min(CHUNK, last_position + 1u - first);
      for (var key = value_group % VALUE_GROUPS; key < end; key += VALUE_GROUPS) {
        let value_is_shared = first + key < shared_prefix;
        var value = load_octet(1u, slot_of(first_row, first + key), kv_head, octet);
        for (var r = 0u; r < ROWS; r++) {
          if (r > 0u && !value_is_shared) {
            value = load_octet(1u, slot_of(first_row + r, first + key), kv_head, octet);
          }
          for (var h = 0u; h < HEADS; h++) {
            let i = r * HEADS + h;
            let weight = scores[i * CHUNK + key];
            sums[i].mass += weight;
            sums[i].low = fma(vec4(weight), value.low, sums[i].low);
            sums[i].high = fma(vec4(weight), value.high, sums[i].high);
          }
        }
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < ROWS; r++) {
    for (var h = 0u; h < HEADS; h++) {
      let query = first_query + r * all_heads + h;
      finish(sums[r * HEADS + h], query, lane, first_row + r < rows.count);
    }
  }
}
