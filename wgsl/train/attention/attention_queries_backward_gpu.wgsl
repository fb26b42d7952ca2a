// The gradient of attention with respect to its queries, where many lanes work side by side; see
// attention_queries_backward.wgsl for what it is.
//
// A workgroup serves four neighbouring rows and one head. Each of its GROUPS takes another key at a time,
// and its OCTETS lanes eight dimensions each of that key, its value, and all that the rows have: nothing
// needs an array. What the four rows have lies side by side in a vector. The keys of all four are taken
// first, then those that one of them sees alone, as keys that are masked for the others; so a key and its
// value are loaded once for four rows. Groups are added up at the end.
//
// Least work: 6 · HEAD_DIM operations per row, head and key; loads of each key and value once per four
// rows and a head, HEAD_DIM · 4 bytes as halves, which neighbouring workgroups find in the cache.

override ANCESTORS: u32; // Room for ancestors per row.
override OCTETS = HEAD_DIM / 8u;
override GROUPS = WORKGROUP / OCTETS;

const MASKED = -3.0e38;
const ROWS = 4u;

// [rows, ANCESTORS]: slots of the positions from `prefix` on, the row's own slot last.
@group(0) @binding(6) var<storage, read> ancestors: array<u32>;
// [rows, HEADS, HEAD_DIM]: o.
@group(0) @binding(7) var<storage, read> attended: array<vec4f>;
// [rows, HEADS].
@group(0) @binding(8) var<storage, read_write> statistics: array<Statistics>;

// An octet of each of the four rows.
struct OctetsOfRows { a: Octet, b: Octet, c: Octet, d: Octet }

// [GROUPS, OCTETS]: an octet's products of the rows' queries and the group's key, and of their gradients
// and its value. At the end the low and high half of what a lane has gathered for a row.
var<workgroup> products: array<vec4f, WORKGROUP>;
var<workgroup> gains: array<vec4f, WORKGROUP>;
// [GROUPS], by row: scores of the keys, and (g · v − g · o) s'. At the end the groups' masses.
var<workgroup> scores: array<vec4f, WORKGROUP>;
var<workgroup> pulls: array<vec4f, WORKGROUP>;

// Four neighbouring rows, those behind the last one being that again.
struct Tile { rows: vec4u, first: vec4u, prefix: vec4u, position: vec4u }

fn tile_of(first_row: u32) -> Tile {
  let numbers = min(vec4(first_row) + vec4(0u, 1u, 2u, 3u), vec4(rows.count - 1u));
  let a = rows.row[numbers.x];
  let b = rows.row[numbers.y];
  let c = rows.row[numbers.z];
  let d = rows.row[numbers.w];
  let position = vec4(a.position, b.position, c.position, d.position);
  var first = vec4u();
  if (WINDOW > 0u) {
    first = position + 1u - min(position + 1u, vec4(WINDOW));
  }
  return Tile(numbers, first, vec4(a.prefix, b.prefix, c.prefix, d.prefix), position);
}

fn least(values: vec4u) -> u32 {
  return min(min(values.x, values.y), min(values.z, values.w));
}

// A key, and which of the rows see it.
struct Key { slot: u32, seen: vec4<bool> }

// Key `i` of the tile: the positions `from` … `shared_end` − 1, which lie in the same slots for all rows,
// then those from there on of the first row, of the second, and so on.
fn key_of(tile: Tile, from_position: u32, shared_end: u32, ends: vec4u, i: u32) -> Key {
  let shared_count = shared_end - from_position;
  if (i < shared_count) {
    let position = vec4(from_position + i);
    return Key(position.x, (position >= tile.first) & (position <= tile.position));
  }
  // Which of the rows it belongs to, and how many keys of earlier rows come before.
  let own = i - shared_count;
  let is_later = vec4(own) >= ends;
  let r = dot(select(vec4u(), vec4(1u), is_later), vec4(1u));
  if (r >= ROWS) {
    return Key(0u, vec4(false));
  }
  let before = select(0u, ends[max(r, 1u) - 1u], r > 0u);
  let position = shared_end + own - before;
  var slot = position;
  if (position >= tile.prefix[r]) {
    slot = ancestors[tile.rows[r] * ANCESTORS + position - tile.prefix[r]];
  }
  return Key(slot, (vec4(r) == vec4(0u, 1u, 2u, 3u)) & (vec4(position) >= tile.first));
}

fn at_of(row: u32, head: u32, octet: u32) -> u32 {
  return (row * HEADS + head) * (HEAD_DIM / 4u) + 2u * octet;
}

fn products_of(four: OctetsOfRows, other: Octet) -> vec4f {
  return vec4(total(add_product(vec4f(), four.a, other)), total(add_product(vec4f(), four.b, other)),
              total(add_product(vec4f(), four.c, other)), total(add_product(vec4f(), four.d, other)));
}

fn add_share(sum: Octet, factor: f32, share: f32, key: Octet) -> Octet {
  return Octet(fma(sum.low, vec4(factor), share * key.low), fma(sum.high, vec4(factor), share * key.high));
}

fn sum_of_octets(group: u32, of_gains: bool) -> vec4f {
  var sum = vec4f();
  for (var o = 0u; o < OCTETS; o++) {
    sum += select(products[group * OCTETS + o], gains[group * OCTETS + o], of_gains);
  }
  return sum;
}

// Adds up what the groups have gathered for one row, and stores it.
fn store_sum(sum: Octet, row: u32, is_there: bool, head: u32, mass: f32, lane: u32) {
  workgroupBarrier();
  products[lane] = sum.low;
  gains[lane] = sum.high;
  workgroupBarrier();
  if (!is_there || lane >= OCTETS) {
    return;
  }
  var whole = Octet();
  for (var group = 0u; group < GROUPS; group++) {
    whole = Octet(whole.low + products[group * OCTETS + lane], whole.high + gains[group * OCTETS + lane]);
  }
  store_gradient(row, head, lane, Octet(whole.low / mass, whole.high / mass));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first_row = ROWS * workgroup.x;
  if (first_row >= rows.count) {
    return;
  }
  let head = workgroup.y;
  let kv_head = head / (HEADS / cache_layout.kv_heads);
  let group = lane / OCTETS;
  let octet = lane % OCTETS;
  let is_at_work = group < GROUPS;
  let tile = tile_of(first_row);
  let places = vec4(at_of(tile.rows.x, head, octet), at_of(tile.rows.y, head, octet),
                    at_of(tile.rows.z, head, octet), at_of(tile.rows.w, head, octet));
  let query = OctetsOfRows(Octet(queries[places.x], queries[places.x + 1u]),
                         Octet(queries[places.y], queries[places.y + 1u]),
                         Octet(queries[places.z], queries[places.z + 1u]),
                         Octet(queries[places.w], queries[places.w + 1u]));
  // The gradient g with respect to the outputs.
  let above = OctetsOfRows(Octet(attended_gradient[places.x], attended_gradient[places.x + 1u]),
                         Octet(attended_gradient[places.y], attended_gradient[places.y + 1u]),
                         Octet(attended_gradient[places.z], attended_gradient[places.z + 1u]),
                         Octet(attended_gradient[places.w], attended_gradient[places.w + 1u]));
  products[lane] = vec4(
    total(add_product(vec4f(), above.a, Octet(attended[places.x], attended[places.x + 1u]))),
    total(add_product(vec4f(), above.b, Octet(attended[places.y], attended[places.y + 1u]))),
    total(add_product(vec4f(), above.c, Octet(attended[places.z], attended[places.z + 1u]))),
    total(add_product(vec4f(), above.d, Octet(attended[places.w], attended[places.w + 1u]))));
  workgroupBarrier();
  let mean = sum_of_octets(0u, false); // g · o
  workgroupBarrier();

  let from_position = least(tile.first);
  let shared_end = max(from_position, least(tile.prefix));
  let own_counts = max(tile.position + 1u, vec4(shared_end)) - shared_end;
  var ends = own_counts; // Of each row's own keys, one row after the other.
  ends.y += ends.x;
  ends.z += ends.y;
  ends.w += ends.z;
  let count = shared_end - from_position + ends.w;
  var greatest = vec4(MASKED);
  var mass = vec4f();
  var sums = OctetsOfRows();
  for (var first = 0u; first < count; first += GROUPS) {
    let key = key_of(tile, from_position, shared_end, ends, first + group);
    let key_octet = load_cached(KEYS, key.slot, kv_head, octet);
    products[lane] = products_of(query, key_octet);
    gains[lane] = products_of(above, load_cached(VALUES, key.slot, kv_head, octet));
    workgroupBarrier();
    if (lane < GROUPS) {
      let seen = key_of(tile, from_position, shared_end, ends, first + lane).seen;
      let score = scores_of(sum_of_octets(lane, false));
      scores[lane] = select(vec4(MASKED), score.values, seen);
      pulls[lane] = (sum_of_octets(lane, true) - mean) * score.slopes;
    }
    workgroupBarrier();
    var next = greatest;
    for (var g = 0u; g < GROUPS; g++) {
      next = max(next, scores[g]);
    }
    let factor = exp(greatest - next);
    greatest = next;
    if (is_at_work) {
      let seen = scores[group] > vec4(MASKED);
      let weight = select(vec4f(), exp(scores[group] - next), seen);
      let share = weight * pulls[group];
      mass = fma(mass, factor, weight);
      sums = OctetsOfRows(add_share(sums.a, factor.x, share.x, key_octet),
                        add_share(sums.b, factor.y, share.y, key_octet),
                        add_share(sums.c, factor.z, share.z, key_octet),
                        add_share(sums.d, factor.w, share.w, key_octet));
    }
  }
  workgroupBarrier();
  if (is_at_work && octet == 0u) {
    scores[group] = mass;
  }
  workgroupBarrier();
  var masses = vec4f();
  for (var g = 0u; g < GROUPS; g++) {
    masses += scores[g];
  }
  let is_there = vec4(first_row) + vec4(0u, 1u, 2u, 3u) < vec4(rows.count);
  store_sum(sums.a, tile.rows.x, is_there.x, head, masses.x, lane);
  store_sum(sums.b, tile.rows.y, is_there.y, head, masses.y, lane);
  store_sum(sums.c, tile.rows.z, is_there.z, head, masses.z, lane);
  store_sum(sums.d, tile.rows.w, is_there.w, head, masses.w, lane);
  if (lane < ROWS && is_there[lane]) {
    let log_mass = greatest[lane] + log(masses[lane]);
    statistics[tile.rows[lane] * HEADS + head] = Statistics(log_mass, mean[lane]);
  }
}
