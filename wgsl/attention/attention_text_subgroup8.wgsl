// The attention of rows of plain text, many at a time, with the bits of attention_subgroup8.wgsl: for
// prompts, whose rows all find a position in the cache slot of the same number.
//
// A subgroup of eight lanes serves up to 32 queries, see tile_queries.wgsl. Each lane has four of them,
// the components of its vectors. Sums are the other kernel's, in the same order: chunks of eight keys in ascending order, in a score the dimensions, in a
// value the even keys of a chunk before the odd ones. What differs is who holds what: there a lane has
// a key while it scores and eight dimensions while it sums; here it has the key and the values of one
// position of the chunk and hands them to all, so that each load serves 32 queries.
//
// Octets are written out by fours: the driver does not unroll loops this large, and arrays would leave
// the registers. There are registers for 16 octets.

override PAIRED: bool; // HEAD_DIM ≤ 32: odd keys have sums of their own, added to the even in the end.

// By dimension, each for the lane's four queries, which are `own`.
var<private> sums: array<vec4f, 128>;
var<private> odd_sums: array<vec4f, 32>;

var<private> greatest: vec4f;
var<private> mass: vec4f;
var<private> odd_mass: vec4f;
// By key of the chunk: the queries' scores, then their weights.
var<private> scores: array<vec4f, LANES>;
// The key of the lane's position, then its values.
var<private> loaded: array<Octet, 16>;

fn load_query_octet(component: u32, o: u32, index: u32) {
  if (o >= OCTETS) { return; }
  let at = 2u * (index * OCTETS + o);
  put_octet(component, o, Octet(queries[at], queries[at + 1u]));
}

fn load_four_query_octets(component: u32, o: u32, index: u32) {
  load_query_octet(component, o, index);
  load_query_octet(component, o + 1u, index);
  load_query_octet(component, o + 2u, index);
  load_query_octet(component, o + 3u, index);
}

fn load_octet(which: u32, o: u32, slot: u32, kv_head: u32) {
  if (o < OCTETS) { loaded[o] = load_cached(which, slot, kv_head, o); }
}

fn load_four_octets(which: u32, o: u32, slot: u32, kv_head: u32) {
  load_octet(which, o, slot, kv_head);
  load_octet(which, o + 1u, slot, kv_head);
  load_octet(which, o + 2u, slot, kv_head);
  load_octet(which, o + 3u, slot, kv_head);
}

fn load_position(which: u32, slot: u32, kv_head: u32) {
  load_four_octets(which, 0u, slot, kv_head);
  load_four_octets(which, 4u, slot, kv_head);
  load_four_octets(which, 8u, slot, kv_head);
  load_four_octets(which, 12u, slot, kv_head);
}

fn add_octet_products(o: u32, key: u32, sum: vec4f) -> vec4f {
  if (o >= OCTETS) { return sum; }
  let k = loaded[o];
  let d = 8u * o;
  var s = fma(own[d], from_lane(k.low.x, key), sum);
  s = fma(own[d + 1u], from_lane(k.low.y, key), s);
  s = fma(own[d + 2u], from_lane(k.low.z, key), s);
  s = fma(own[d + 3u], from_lane(k.low.w, key), s);
  s = fma(own[d + 4u], from_lane(k.high.x, key), s);
  s = fma(own[d + 5u], from_lane(k.high.y, key), s);
  s = fma(own[d + 6u], from_lane(k.high.z, key), s);
  return fma(own[d + 7u], from_lane(k.high.w, key), s);
}

fn add_four_octet_products(o: u32, key: u32, sum: vec4f) -> vec4f {
  var s = add_octet_products(o, key, sum);
  s = add_octet_products(o + 1u, key, s);
  s = add_octet_products(o + 2u, key, s);
  return add_octet_products(o + 3u, key, s);
}

// The products of all queries and one key.
fn products_with(key: u32) -> vec4f {
  var s = add_four_octet_products(0u, key, vec4f());
  s = add_four_octet_products(4u, key, s);
  s = add_four_octet_products(8u, key, s);
  return add_four_octet_products(12u, key, s);
}

// Puts the products with all keys of the chunk where scores are. Its place is chosen for each, since
// one that a loop variable indexes would not be in a register.
fn multiply_keys() {
  for (var key = 0u; key < LANES; key++) {
    let products = products_with(key);
    for (var i = 0u; i < LANES; i++) {
      scores[i] = select(scores[i], products, i == key);
    }
  }
}

fn is_visible(position: u32, first: vec4u, last: vec4u) -> vec4<bool> {
  return (vec4(position) <= last) & (vec4(position) >= first);
}

// Turns products into weights. Returns the factor of what was gathered before.
fn weigh(chunk: u32, first: vec4u, last: vec4u) -> vec4f {
  var next = greatest;
  for (var key = 0u; key < LANES; key++) {
    let visible = is_visible(chunk + key, first, last);
    scores[key] = select(vec4(MASKED), scores_of(scores[key]), visible);
    next = max(next, scores[key]);
  }
  for (var key = 0u; key < LANES; key++) {
    let visible = is_visible(chunk + key, first, last);
    scores[key] = select(vec4f(), exp(scores[key] - next), visible);
  }
  let factor = exp(greatest - next);
  greatest = next;
  return factor;
}

// Two keys of a chunk, their weights, and the factor of what was gathered before them.
struct Pair { key: u32, next_key: u32, weight: vec4f, next_weight: vec4f, factor: vec4f }

fn add_pair(d: u32, value: f32, pair: Pair) {
  let sum = fma(pair.weight, from_lane(value, pair.key), sums[d] * pair.factor);
  let next_value = from_lane(value, pair.next_key);
  if (PAIRED) {
    sums[d] = sum;
    odd_sums[d % 32u] = fma(pair.next_weight, next_value, odd_sums[d % 32u] * pair.factor);
  } else {
    sums[d] = fma(pair.next_weight, next_value, sum);
  }
}

fn add_pair_octet(o: u32, pair: Pair) {
  if (o >= OCTETS) { return; }
  let v = loaded[o];
  add_pair(8u * o, v.low.x, pair);
  add_pair(8u * o + 1u, v.low.y, pair);
  add_pair(8u * o + 2u, v.low.z, pair);
  add_pair(8u * o + 3u, v.low.w, pair);
  add_pair(8u * o + 4u, v.high.x, pair);
  add_pair(8u * o + 5u, v.high.y, pair);
  add_pair(8u * o + 6u, v.high.z, pair);
  add_pair(8u * o + 7u, v.high.w, pair);
}

fn add_pair_four_octets(o: u32, pair: Pair) {
  add_pair_octet(o, pair);
  add_pair_octet(o + 1u, pair);
  add_pair_octet(o + 2u, pair);
  add_pair_octet(o + 3u, pair);
}

// The weights of a key that a loop counts.
fn weights_of(key: u32) -> vec4f {
  var weights = scores[0];
  for (var i = 1u; i < LANES; i++) {
    weights = select(weights, scores[i], i == key);
  }
  return weights;
}

fn add_mass(pair: Pair) {
  mass = mass * pair.factor + pair.weight;
  if (PAIRED) {
    odd_mass = odd_mass * pair.factor + pair.next_weight;
  } else {
    mass += pair.next_weight;
  }
}

// Adds the values of all keys of the chunk: of 0 1, 2 3, 4 5, 6 7 if PAIRED, else of 0 2, 4 6, 1 3, 5 7.
fn add_values(factor: vec4f) {
  for (var i = 0u; i < LANES / 2u; i++) {
    let key = select(4u * i % LANES + i / 2u, 2u * i, PAIRED);
    let next_key = key + select(2u, 1u, PAIRED);
    let pair = Pair(key, next_key, weights_of(key), weights_of(next_key),
                    select(vec4(1.0), factor, i == 0u));
    add_mass(pair);
    add_pair_four_octets(0u, pair);
    add_pair_four_octets(4u, pair);
    add_pair_four_octets(8u, pair);
    add_pair_four_octets(12u, pair);
  }
}

fn sum_of(component: u32, d: u32) -> f32 {
  if (PAIRED) {
    return component_of(component, sums[d] + odd_sums[d % 32u]);
  }
  return component_of(component, sums[d]);
}

fn write_octet(component: u32, o: u32, index: u32) {
  if (o >= OCTETS) { return; }
  let c = component;
  let d = 8u * o;
  let total = component_of(c, mass + odd_mass);
  let at = 2u * (index * OCTETS + o);
  output[at] = vec4(sum_of(c, d), sum_of(c, d + 1u), sum_of(c, d + 2u), sum_of(c, d + 3u)) / total;
  output[at + 1u] = vec4(sum_of(c, d + 4u), sum_of(c, d + 5u),
                         sum_of(c, d + 6u), sum_of(c, d + 7u)) / total;
}

fn write_four_octets(component: u32, o: u32, index: u32) {
  write_octet(component, o, index);
  write_octet(component, o + 1u, index);
  write_octet(component, o + 2u, index);
  write_octet(component, o + 3u, index);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  if (group.y * ROWS >= rows.count) {
    return;
  }
  var first: vec4u;
  var last: vec4u;
  for (var c = 0u; c < 4u; c++) {
    let q = query_of(LANES * c + lane, group);
    let is_own = vec4(c) == vec4(0u, 1u, 2u, 3u);
    last = select(last, vec4(q.position), is_own);
    first = select(first, vec4(first_visible(q.position)), is_own);
    load_four_query_octets(c, 0u, q.index);
    load_four_query_octets(c, 4u, q.index);
    load_four_query_octets(c, 8u, q.index);
    load_four_query_octets(c, 12u, q.index);
  }
  let last_position = subgroupMax(max(max(last.x, last.y), max(last.z, last.w)));
  let first_position = subgroupMin(min(min(first.x, first.y), min(first.z, first.w)));
  let kv_head = group.x / HEAD_BLOCKS;
  greatest = vec4(MASKED);
  for (var chunk = first_position / LANES * LANES; chunk <= last_position; chunk += LANES) {
    let slot = min(chunk + lane, last_position);
    load_position(KEYS, slot, kv_head);
    multiply_keys();
    let factor = weigh(chunk, first, last);
    load_position(VALUES, slot, kv_head);
    add_values(factor);
  }
  for (var c = 0u; c < 4u; c++) {
    let q = query_of(LANES * c + lane, group);
    if (!q.is_there) { continue; }
    write_four_octets(c, 0u, q.index);
    write_four_octets(c, 4u, q.index);
    write_four_octets(c, 8u, q.index);
    write_four_octets(c, 12u, q.index);
  }
}
