// The attention of rows of plain text, many at a time, with the bits of attention_subgroup8.wgsl: for
// prompts, whose rows all find a position in the cache slot of the same number.
//
// A subgroup of eight lanes serves up to 32 queries, see tile_queries.wgsl. Each lane has four of them,
// the components of its vectors. Sums are the other kernel's, in the same order: chunks of eight keys in
// ascending order, in a score the dimensions, in a value the even keys of a chunk before the odd ones.
// What differs is who holds what: there a lane has a key while it scores and eight dimensions while it
// sums; here it has the key and the values of one position of the chunk and hands them to all, so that
// each load serves 32 queries.
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

// Adds the products of a chunk's weights and values to the sums of dimension d, which are scaled first.
// `first` is 0, which the compiler must not know: it makes two instructions of a lane that it knows.
fn add_values(d: u32, value: f32, factor: vec4f, first: u32) {
  var sum = fma(scores[0], from_lane(value, first), sums[d] * factor);
  sum = fma(scores[2], from_lane(value, first + 2u), sum);
  sum = fma(scores[4], from_lane(value, first + 4u), sum);
  sum = fma(scores[6], from_lane(value, first + 6u), sum);
  var odd = sum;
  if (PAIRED) {
    sums[d] = sum;
    odd = odd_sums[d % 32u] * factor;
  }
  odd = fma(scores[1], from_lane(value, first + 1u), odd);
  odd = fma(scores[3], from_lane(value, first + 3u), odd);
  odd = fma(scores[5], from_lane(value, first + 5u), odd);
  odd = fma(scores[7], from_lane(value, first + 7u), odd);
  if (PAIRED) {
    odd_sums[d % 32u] = odd;
  } else {
    sums[d] = odd;
  }
}

fn add_value_octet(o: u32, factor: vec4f, first: u32) {
  if (o >= OCTETS) { return; }
  let v = loaded[o];
  add_values(8u * o, v.low.x, factor, first);
  add_values(8u * o + 1u, v.low.y, factor, first);
  add_values(8u * o + 2u, v.low.z, factor, first);
  add_values(8u * o + 3u, v.low.w, factor, first);
  add_values(8u * o + 4u, v.high.x, factor, first);
  add_values(8u * o + 5u, v.high.y, factor, first);
  add_values(8u * o + 6u, v.high.z, factor, first);
  add_values(8u * o + 7u, v.high.w, factor, first);
}

fn add_four_value_octets(o: u32, factor: vec4f, first: u32) {
  add_value_octet(o, factor, first);
  add_value_octet(o + 1u, factor, first);
  add_value_octet(o + 2u, factor, first);
  add_value_octet(o + 3u, factor, first);
}

// Adds the chunk's weights, in the order in which values are added.
fn add_mass(factor: vec4f) {
  mass = mass * factor + scores[0];
  mass += scores[2];
  mass += scores[4];
  mass += scores[6];
  if (PAIRED) {
    odd_mass = odd_mass * factor + scores[1];
    odd_mass += scores[3];
    odd_mass += scores[5];
    odd_mass += scores[7];
  } else {
    mass += scores[1];
    mass += scores[3];
    mass += scores[5];
    mass += scores[7];
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
  let total = denominator(index, component_of(c, mass + odd_mass), component_of(c, greatest));
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
  if (group.x * ROWS >= rows.count) {
    return;
  }
  let first_lane = rows.count >> 31u;
  var first: vec4u;
  var last: vec4u;
  for (var c = first_lane; c < 4u; c++) { // See matmul_rows_subgroup8.wgsl.
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
  let kv_head = group.y / HEAD_BLOCKS;
  greatest = vec4(MASKED);
  for (var chunk = first_position / LANES * LANES; chunk <= last_position; chunk += LANES) {
    let slot = min(chunk + lane, last_position);
    load_position(KEYS, slot, kv_head);
    multiply_keys();
    let factor = weigh(chunk, first, last);
    load_position(VALUES, slot, kv_head);
    add_mass(factor);
    add_four_value_octets(0u, factor, first_lane);
    add_four_value_octets(4u, factor, first_lane);
    add_four_value_octets(8u, factor, first_lane);
    add_four_value_octets(12u, factor, first_lane);
  }
  for (var c = first_lane; c < 4u; c++) {
    let q = query_of(LANES * c + lane, group);
    if (!q.is_there) { continue; }
    write_four_octets(c, 0u, q.index);
    write_four_octets(c, 4u, q.index);
    write_four_octets(c, 8u, q.index);
    write_four_octets(c, 12u, q.index);
  }
}
