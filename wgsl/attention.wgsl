// output = softmax(queries · keys · SCALE) · values over the positions that each row sees, on any
// device. See visible_keys.wgsl for which those are.
//
// A workgroup walks the positions in chunks of CHUNK, one invocation per key while it scores, one
// per eight value dimensions while it sums; chunks merge in ascending order. So a row's result
// depends on its logical positions alone, not on the slots and not on its neighbours.

override CHUNK: u32; // Positions of a chunk, and invocations of a workgroup; ≥ HEAD_DIM / 8.
override VALUE_GROUPS: u32; // Parts of a chunk whose values are summed side by side.
override QUERIES_TIMES_CHUNK: u32; // Room for the scores.

const SEGMENTS = 8u; // CHUNK / SEGMENTS invocations look for a query's greatest score.

// [queries, CHUNK]: scores, then their exponentials.
var<workgroup> scores: array<f32, QUERIES_TIMES_CHUNK>;
var<workgroup> greatest_of_segment: array<f32, 64>;
var<workgroup> greatest_so_far: array<f32, MAX_QUERIES>;
var<workgroup> partial_low: array<vec4f, CHUNK>;
var<workgroup> partial_high: array<vec4f, CHUNK>;
var<workgroup> partial_mass: array<f32, CHUNK>;

// Brings every query's greatest score up to date.
fn find_greatest(lane: u32) {
  let query = lane / SEGMENTS;
  if (query < ROWS * HEADS) {
    var greatest = MASKED;
    let first = query * CHUNK + lane % SEGMENTS * (CHUNK / SEGMENTS);
    for (var i = 0u; i < CHUNK / SEGMENTS; i++) {
      greatest = max(greatest, scores[first + i]);
    }
    greatest_of_segment[lane] = greatest;
  }
  workgroupBarrier();
  if (lane < ROWS * HEADS) {
    var greatest = greatest_so_far[lane];
    for (var segment = 0u; segment < SEGMENTS; segment++) {
      greatest = max(greatest, greatest_of_segment[lane * SEGMENTS + segment]);
    }
    greatest_so_far[lane] = greatest;
  }
  workgroupBarrier();
}

// Adds up the value groups in ascending order and writes the query's dimensions.
fn finish(sum: Sum, query: u32, lane: u32, valid: bool) {
  let octets = HEAD_DIM / 8u;
  var low = sum.value.low;
  var high = sum.value.high;
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
  let view = view_of(first_row);
  let kv_head = group.x / HEAD_BLOCKS;
  let all_heads = KV_HEADS * HEAD_BLOCKS * HEADS;
  let first_query = first_row * all_heads + group.x * HEADS;
  let octet = lane % (HEAD_DIM / 8u);
  let value_group = lane / (HEAD_DIM / 8u);
  var sums: array<Sum, MAX_QUERIES>;
  for (var i = 0u; i < ROWS * HEADS; i++) {
    sums[i].greatest = MASKED;
  }
  if (lane < MAX_QUERIES) {
    greatest_so_far[lane] = MASKED;
  }

  for (var first = 0u; first <= view.last_position; first += CHUNK) {
    // Scores: one key per invocation, all queries.
    let position = first + lane;
    let slot = slot_of(first_row, position);
    var products = array<f32, MAX_QUERIES>(); // Without a value naga would clear it only once.
    for (var o = 0u; o < HEAD_DIM / 8u; o++) {
      var key = load_cached(KEYS, slot, kv_head, o);
      for (var r = 0u; r < ROWS; r++) {
        if (r > 0u && position >= view.shared_prefix) {
          key = load_cached(KEYS, slot_of(first_row + r, position), kv_head, o);
        }
        for (var h = 0u; h < HEADS; h++) {
          let at = (first_query + r * all_heads + h) * (HEAD_DIM / 4u) + 2u * o;
          let i = r * HEADS + h;
          products[i] = add_product(products[i], Octet(queries[at], queries[at + 1u]), key);
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

    find_greatest(lane);
    for (var i = 0u; i < ROWS * HEADS; i++) {
      sums[i] = rescale(sums[i], greatest_so_far[i]);
      let score = scores[i * CHUNK + lane];
      scores[i * CHUNK + lane] = select(exp(score - sums[i].greatest), 0.0, score == MASKED);
    }
    workgroupBarrier();

    // Values: eight dimensions per invocation, one key after the other.
    if (value_group < VALUE_GROUPS) {
      let end = min(CHUNK, view.last_position + 1u - first);
      for (var i = value_group; i < end; i += VALUE_GROUPS) {
        var value = load_cached(VALUES, slot_of(first_row, first + i), kv_head, octet);
        for (var r = 0u; r < ROWS; r++) {
          if (r > 0u && first + i >= view.shared_prefix) {
            value = load_cached(VALUES, slot_of(first_row + r, first + i), kv_head, octet);
          }
          for (var h = 0u; h < HEADS; h++) {
            let q = r * HEADS + h;
            sums[q] = add_value(sums[q], scores[q * CHUNK + i], value);
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
