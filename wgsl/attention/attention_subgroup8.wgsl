// output = softmax(queries · keys · scale) · values over the positions that each row sees, by one
// subgroup of eight lanes per workgroup, for drivers that run a subgroup as one vector of the
// processor: nothing goes through workgroup memory, lanes hand each other what they hold.
// See visible_keys.wgsl for which positions a row sees.
//
// The subgroup walks the positions in chunks of eight, one lane per key while it scores, one lane
// per eight value dimensions while it sums; chunks merge in ascending order. What is loaded serves all
// queries of the tile, and little is loaded beside keys and values: the driver loads lane after lane,
// which takes it longer than the arithmetic of four queries.
//
// Queries and keys are written out: the driver does not unroll loops this large, and arrays would leave
// the registers. There are registers for 16 octets.

override ROWS: u32; // Neighbouring rows of a workgroup, at most 2.
override QUERIES: u32; // ROWS · HEADS, at most 4.
override PAIRED: bool; // HEAD_DIM ≤ 32: the upper four lanes sum the odd keys, the lower the even.

const LANES = 8u;

// What the tile's queries hold: query i its vectors 8 j + lane in loaded[4 i + j], its score of this
// lane's key, its weights of the chunk's keys, and its sums over the octets `lane` and `lane + 8`.
var<private> loaded: array<vec4f, 16>;
var<private> scores: array<f32, 4>;
var<private> weights: array<array<f32, 8>, 4>;
var<private> sums: array<Sum, 4>;
var<private> more_values: array<Octet, 4>;

// Of the tile's rows, and the slots where each finds the eight keys of the chunk.
var<private> tile_rows: array<Row, 2>;
var<private> slots: array<array<u32, 8>, 2>;

// The positions that a tile of rows sees.
struct View {
  first_position: u32,
  shared_prefix: u32, // Below it all rows of the tile find a position in the same slot.
  last_position: u32,
}

fn view_of(first_row: u32) -> View {
  let row = rows.row[first_row];
  tile_rows[0] = row;
  var view = View(first_visible(row.position), row.prefix, row.position);
  if (ROWS > 1u && first_row + 1u < rows.count) {
    let next = rows.row[first_row + 1u];
    tile_rows[1] = next;
    view.first_position = min(view.first_position, first_visible(next.position));
    view.shared_prefix = min(view.shared_prefix, next.prefix);
    view.last_position = max(view.last_position, next.position);
  }
  return view;
}

// Looks up the slots of the chunk's keys, whose position each lane knows. Returns the lane's own.
fn find_slots(r: u32, first_row: u32, position: u32) -> u32 {
  if (r >= ROWS) { return 0u; }
  let row = tile_rows[r];
  var slot = position;
  if (position >= row.prefix) {
    slot = ancestors[(first_row + r) * visibility.ancestors + min(position, row.position) - row.prefix];
  }
  slots[r] = slots_over_lanes(slot);
  return slot;
}

fn query_index(i: u32, group: vec3u) -> u32 {
  return (group.y * ROWS + i / HEADS) * all_heads() + group.x * HEADS + i % HEADS;
}

fn load_query(i: u32, group: vec3u, lane: u32) {
  if (i >= QUERIES) { return; }
  let base = query_index(i, group) * 2u * OCTETS;
  loaded[4u * i] = queries[base + min(lane, 2u * OCTETS - 1u)];
  if (OCTETS > 4u) { loaded[4u * i + 1u] = queries[base + min(8u + lane, 2u * OCTETS - 1u)]; }
  if (OCTETS > 8u) { loaded[4u * i + 2u] = queries[base + min(16u + lane, 2u * OCTETS - 1u)]; }
  if (OCTETS > 12u) { loaded[4u * i + 3u] = queries[base + min(24u + lane, 2u * OCTETS - 1u)]; }
  sums[i].greatest = MASKED;
}

// The octets 4 j … 4 j + 3 of a key, as far as there are.
fn load_key(slot: u32, kv_head: u32, j: u32) -> array<Octet, 4> {
  return array(load_cached(KEYS, slot, kv_head, min(4u * j, OCTETS - 1u)),
               load_cached(KEYS, slot, kv_head, min(4u * j + 1u, OCTETS - 1u)),
               load_cached(KEYS, slot, kv_head, min(4u * j + 2u, OCTETS - 1u)),
               load_cached(KEYS, slot, kv_head, min(4u * j + 3u, OCTETS - 1u)));
}

fn add_to_score(i: u32, j: u32, key: array<Octet, 4>) {
  let query = loaded[4u * i + j];
  var s = add_product(scores[i], pair_0(query), key[0]);
  if (4u * j + 1u < OCTETS) { s = add_product(s, pair_1(query), key[1]); }
  if (4u * j + 2u < OCTETS) { s = add_product(s, pair_2(query), key[2]); }
  if (4u * j + 3u < OCTETS) { s = add_product(s, pair_3(query), key[3]); }
  scores[i] = s;
}

// Adds the products of four octets to all scores. A position from the shared prefix on lies in a
// slot of each row's own.
fn score(j: u32, own: bool, slot: u32, second_slot: u32, kv_head: u32) {
  if (4u * j >= OCTETS) { return; }
  var key = load_key(slot, kv_head, j);
  add_to_score(0u, j, key);
  for_query(1u, j, &key, own, second_slot, kv_head);
  for_query(2u, j, &key, own, second_slot, kv_head);
  for_query(3u, j, &key, own, second_slot, kv_head);
}

fn for_query(i: u32, j: u32, key: ptr<function, array<Octet, 4>>, own: bool, second_slot: u32,
             kv_head: u32) {
  if (i >= QUERIES) { return; }
  if (i == HEADS && own) {
    *key = load_key(second_slot, kv_head, j);
  }
  add_to_score(i, j, *key);
}

// Turns the scores of a query into weights and rescales what it has gathered so far.
fn weigh(i: u32, position: u32) {
  if (i >= QUERIES) { return; }
  let last = tile_rows[i / HEADS].position;
  let visible = position <= last && (WINDOW == 0u || position >= first_visible(last));
  let score = select(MASKED, scores_of(vec4(scores[i])).x, visible);
  let greatest = max(sums[i].greatest, greatest_over_lanes(score));
  weights[i] = over_lanes(select(0.0, exp(score - greatest), visible));
  if (OCTETS > LANES) {
    let factor = exp(sums[i].greatest - greatest);
    more_values[i] = Octet(more_values[i].low * factor, more_values[i].high * factor);
  }
  sums[i] = rescale(sums[i], greatest);
  scores[i] = 0.0;
}

// A key's values, for the row that was looked at last.
struct Values { value: Octet, more: Octet }

// The values of a key, or of that in the lower four lanes and the next one in the upper.
fn load_values(r: u32, key: u32, kv_head: u32, lane: u32) -> Values {
  let slot = select(slots[r][key], slots[r][(key + 1u) % LANES], PAIRED && lane >= 4u);
  let octet = select(lane, lane % 4u, PAIRED);
  var values: Values;
  values.value = load_cached(VALUES, slot, kv_head, min(octet, OCTETS - 1u));
  if (OCTETS > LANES) {
    values.more = load_cached(VALUES, slot, kv_head, min(octet + LANES, OCTETS - 1u));
  }
  return values;
}

fn add_to_sum(i: u32, key: u32, values: ptr<function, Values>, own: bool, kv_head: u32, lane: u32) {
  if (i >= QUERIES) { return; }
  if (i == HEADS && own) {
    *values = load_values(1u, key, kv_head, lane);
  }
  let weight = select(weights[i][key], weights[i][(key + 1u) % LANES], PAIRED && lane >= 4u);
  sums[i] = add_value(sums[i], weight, (*values).value);
  if (OCTETS > LANES) {
    more_values[i] = Octet(fma(vec4(weight), (*values).more.low, more_values[i].low),
                           fma(vec4(weight), (*values).more.high, more_values[i].high));
  }
}

// Adds one key's values to all sums, or two keys' side by side.
fn sum_key(key: u32, first: u32, shared_prefix: u32, kv_head: u32, lane: u32) {
  let own = first + key + select(0u, 1u, PAIRED && lane >= 4u) >= shared_prefix;
  var values = load_values(0u, key, kv_head, lane);
  add_to_sum(0u, key, &values, own, kv_head, lane);
  add_to_sum(1u, key, &values, own, kv_head, lane);
  add_to_sum(2u, key, &values, own, kv_head, lane);
  add_to_sum(3u, key, &values, own, kv_head, lane);
}

// What the lane four above holds, for the lower four.
fn from_upper_lane(own: vec4f, lane: u32) -> vec4f {
  let even = select(subgroupBroadcast(own, 4u), subgroupBroadcast(own, 6u), lane >= 2u);
  let odd = select(subgroupBroadcast(own, 5u), subgroupBroadcast(own, 7u), lane >= 2u);
  return select(even, odd, lane % 2u == 1u);
}

fn write_result(i: u32, group: vec3u, lane: u32) {
  if (i >= QUERIES) { return; }
  var sum = sums[i];
  if (PAIRED) {
    sum.mass += subgroupBroadcast(sum.mass, 4u);
    sum.value.low += from_upper_lane(sum.value.low, lane);
    sum.value.high += from_upper_lane(sum.value.high, lane);
  }
  if (group.y * ROWS + i / HEADS >= rows.count || lane >= select(OCTETS, 4u, PAIRED) || lane >= OCTETS) {
    return;
  }
  let index = query_index(i, group);
  let mass = denominator(index, sum.mass, sum.greatest);
  let at = (index * OCTETS + lane) * 2u;
  output[at] = sum.value.low / mass;
  output[at + 1u] = sum.value.high / mass;
  if (lane + LANES < OCTETS) {
    output[at + 2u * LANES] = more_values[i].low / mass;
    output[at + 2u * LANES + 1u] = more_values[i].high / mass;
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let first_row = group.y * ROWS;
  if (first_row >= rows.count) {
    return;
  }
  let view = view_of(first_row);
  let kv_head = group.x / HEAD_BLOCKS;
  load_query(0u, group, lane);
  load_query(1u, group, lane);
  load_query(2u, group, lane);
  load_query(3u, group, lane);
  for (var first = view.first_position / LANES * LANES; first <= view.last_position; first += LANES) {
    let position = first + lane;
    let own = position >= view.shared_prefix;
    let slot = find_slots(0u, first_row, position);
    let second_slot = find_slots(1u, first_row, position);
    score(0u, own, slot, second_slot, kv_head);
    score(1u, own, slot, second_slot, kv_head);
    score(2u, own, slot, second_slot, kv_head);
    score(3u, own, slot, second_slot, kv_head);
    weigh(0u, position);
    weigh(1u, position);
    weigh(2u, position);
    weigh(3u, position);
    sum_key(0u, first, view.shared_prefix, kv_head, lane);
    sum_key(2u, first, view.shared_prefix, kv_head, lane);
    sum_key(4u, first, view.shared_prefix, kv_head, lane);
    sum_key(6u, first, view.shared_prefix, kv_head, lane);
    if (!PAIRED) {
      sum_key(1u, first, view.shared_prefix, kv_head, lane);
      sum_key(3u, first, view.shared_prefix, kv_head, lane);
      sum_key(5u, first, view.shared_prefix, kv_head, lane);
      sum_key(7u, first, view.shared_prefix, kv_head, lane);
    }
  }
  write_result(0u, group, lane);
  write_result(1u, group, lane);
  write_result(2u, group, lane);
  write_result(3u, group, lane);
}
