// What one row and HEADS ≤ 2 heads that share keys and values gather of a span of positions, by a workgroup; see
// spans.wgsl for what spans are.
//
// The workgroup walks the span in chunks, four positions for each of its groups. The OCTETS lanes of a group have
// eight dimensions each, of the queries and of the group's keys and values: neighbouring lanes read neighbouring
// bytes, and the loads of a chunk wait together. Chunks merge in ascending order, groups at the end of a span. So
// a row's result depends on its logical positions alone, not on the slots and not on other rows.
//
// The four positions are written out, and what both heads have lies side by side in a vector: arrays
// that a loop variable indexes would leave the registers.

override LANES: u32; // Lanes of a workgroup, 64 or 128.
override GROUPS = LANES / max(OCTETS, 4u);
override CHUNK = 4u * GROUPS;
override PAIRS = 2u * GROUPS; // A pair is two positions of a chunk that are PAIRS apart.
// Room for the products of a pair, a multiple of four for reading, and one so that neighbouring pairs
// use different banks. Those behind OCTETS stay zero.
override PAIR_STRIDE = (OCTETS + 3u) / 4u * 4u + 1u;

const SCORES = 64u; // Room for PAIRS, the rest being masked.
const CLASSES = 8u;

// [PAIRS, PAIR_STRIDE]: an octet's products with the first and the second position, both heads each.
// At the end of a span [4, LANES]: what the lanes have gathered.
var<workgroup> exchange: array<vec4f, 4u * LANES>;
var<workgroup> masses: array<vec2f, LANES>;
// [PAIRS]: scores, arranged like the products; then [CLASSES]: the greatest.
var<workgroup> scores: array<vec4f, SCORES + CLASSES>;
// The row's first ancestors, loaded before it is known which of them are needed: loads that wait for
// each other take twice as long.
var<workgroup> near_ancestors: array<u32, LANES>;

// What a lane has of both heads.
struct Octets { first: Octet, second: Octet }
struct Sums { first: Sum, second: Sum }

// The slots of four positions of a chunk, GROUPS apart; behind the last position it comes again.
fn slots_of(row: u32, own: Row, position: u32) -> vec4u {
  return vec4(slot_at(row, own, position), slot_at(row, own, position + GROUPS),
              slot_at(row, own, position + 2u * GROUPS), slot_at(row, own, position + 3u * GROUPS));
}

fn slot_at(row: u32, own: Row, position: u32) -> u32 {
  let visible = min(position, own.position);
  if (visible < own.prefix) {
    return visible;
  }
  let ancestor = visible - own.prefix;
  if (ancestor < LANES) {
    return near_ancestors[ancestor];
  }
  return ancestors[row * visibility.ancestors + ancestor];
}

fn load_four(which: u32, slots: vec4u, kv_head: u32, octet: u32) -> array<Stored, 4> {
  return array(load_stored(which, slots.x, kv_head, octet), load_stored(which, slots.y, kv_head, octet),
               load_stored(which, slots.z, kv_head, octet), load_stored(which, slots.w, kv_head, octet));
}

fn products(query: Octets, key: Stored) -> vec2f {
  let k = unpack_stored(key);
  let first = add_product(0.0, query.first, k);
  if (HEADS == 1u) {
    return vec2(first, 0.0);
  }
  return vec2(first, add_product(0.0, query.second, k));
}

// Both heads' scores of a pair of positions.
fn score(pair: u32, first: u32, from_position: u32, last: u32) -> vec4f {
  if (pair >= PAIRS) {
    return vec4(MASKED);
  }
  var sum = vec4f();
  for (var o = 0u; o < OCTETS; o += 4u) {
    let at = pair * PAIR_STRIDE + o;
    sum += (exchange[at] + exchange[at + 1u]) + (exchange[at + 2u] + exchange[at + 3u]);
  }
  let position = first + pair;
  let visible = vec4(vec2(is_visible(position, from_position, last)),
                     vec2(is_visible(position + PAIRS, from_position, last)));
  return select(vec4(MASKED), scores_of(sum), visible);
}

fn is_visible(position: u32, from_position: u32, last: u32) -> bool {
  if (WINDOW == 0u) {
    return position <= last;
  }
  return from_position <= position && position <= last;
}

fn greatest_of_eight(at: u32, step: u32) -> vec4f {
  let low = max(max(scores[at], scores[at + step]),
                max(scores[at + 2u * step], scores[at + 3u * step]));
  let high = max(max(scores[at + 4u * step], scores[at + 5u * step]),
                 max(scores[at + 6u * step], scores[at + 7u * step]));
  return max(low, high);
}

fn weigh(pair: u32, greatest: vec2f) -> vec4f {
  return select(exp(scores[pair] - greatest.xyxy), vec4f(), scores[pair] == vec4(MASKED));
}

fn add_values(sums: Sums, weights: vec2f, value: Stored) -> Sums {
  let v = unpack_stored(value);
  let first = add_value(sums.first, weights.x, v);
  if (HEADS == 1u) {
    return Sums(first, Sum());
  }
  return Sums(first, add_value(sums.second, weights.y, v));
}

fn keep(lane: u32, sums: Sums) {
  exchange[lane] = sums.first.value.low;
  exchange[LANES + lane] = sums.first.value.high;
  exchange[2u * LANES + lane] = sums.second.value.low;
  exchange[3u * LANES + lane] = sums.second.value.high;
  masses[lane] = vec2(sums.first.mass, sums.second.mass);
}

fn add_kept(sums: Sums, lane: u32) -> Sums {
  let mass = vec2(sums.first.mass, sums.second.mass) + masses[lane];
  let first = Octet(sums.first.value.low + exchange[lane],
                    sums.first.value.high + exchange[LANES + lane]);
  let second = Octet(sums.second.value.low + exchange[2u * LANES + lane],
                     sums.second.value.high + exchange[3u * LANES + lane]);
  return Sums(Sum(sums.first.greatest, mass.x, first), Sum(sums.second.greatest, mass.y, second));
}

// Adds up the groups: each of a quarter of them takes three others, until one has all.
fn add_groups(own: Sums, lane: u32) -> Sums {
  let group = lane / OCTETS;
  var sums = own;
  for (var count = GROUPS; count > 1u; count = (count + 3u) / 4u) {
    if (group < count) {
      keep(lane, sums);
    }
    workgroupBarrier();
    let quarter = (count + 3u) / 4u;
    if (group < quarter) {
      sums = add_kept(sums, lane + quarter * OCTETS);
      if (group + 2u * quarter < count) { sums = add_kept(sums, lane + 2u * quarter * OCTETS); }
      if (group + 3u * quarter < count) { sums = add_kept(sums, lane + 3u * quarter * OCTETS); }
    }
  }
  return sums;
}

// What a workgroup serves, and this lane's place in it.
struct Task { row: u32, own: Row, kv_head: u32, query: Octets, group: u32, octet: u32 }

// Reads the row and its queries. All lanes must pass a barrier before its keys are read.
fn begin_row(workgroup: vec3u, lane: u32) -> Task {
  let row = workgroup.y;
  let octet = lane % OCTETS;
  let own = rows.row[row];
  if (lane < max(visibility.ancestors, 1u)) {
    near_ancestors[lane] = ancestors[row * visibility.ancestors + lane];
  }
  let at = (head_index(workgroup) * OCTETS + octet) * 2u;
  var query = Octets(Octet(queries[at], queries[at + 1u]), Octet());
  if (HEADS > 1u) {
    query.second = Octet(queries[at + 2u * OCTETS], queries[at + 2u * OCTETS + 1u]);
  }
  return Task(row, own, workgroup.x / HEAD_BLOCKS, query, lane / OCTETS, octet);
}

// Of the workgroup's first head among those of all rows.
fn head_index(workgroup: vec3u) -> u32 {
  return workgroup.y * all_heads() + workgroup.x * HEADS;
}

fn no_sums() -> Sums {
  let none = Sum(MASKED, 0.0, Octet());
  return Sums(none, none);
}

// The sums of the span that begins at position `begin`; group 0 has them.
fn gather_span(task: Task, begin: u32, lane: u32) -> Sums {
  let own = task.own;
  let kv_head = task.kv_head;
  let group = task.group;
  let octet = task.octet;
  let query = task.query;
  var greatest = vec2(MASKED);
  var sums = no_sums();
  // Chunks begin at multiples of CHUNK wherever the window begins, so that they are those of any row.
  let from_position = first_visible(own.position);
  let first_chunk = max(from_position / CHUNK * CHUNK, begin);
  let last = min(own.position, begin + SPAN - 1u);
  var slots = slots_of(task.row, own, first_chunk + group);
  var keys = load_four(KEYS, slots, kv_head, octet);
  for (var first = first_chunk; first <= last; first += CHUNK) {
    let values = load_four(VALUES, slots, kv_head, octet);
    if (group < GROUPS) {
      let place = group * PAIR_STRIDE + octet;
      exchange[place] = vec4(products(query, keys[0]), products(query, keys[2]));
      exchange[place + GROUPS * PAIR_STRIDE] = vec4(products(query, keys[1]), products(query, keys[3]));
    }
    // The next chunk's keys are on their way while this one's scores are weighed.
    if (first + CHUNK <= last) {
      slots = slots_of(task.row, own, first + CHUNK + group);
      keys = load_four(KEYS, slots, kv_head, octet);
    }
    workgroupBarrier();
    if (lane < SCORES) {
      scores[lane] = score(lane, first, from_position, own.position);
    }
    workgroupBarrier();
    if (lane < CLASSES) {
      scores[SCORES + lane] = greatest_of_eight(lane, CLASSES);
    }
    workgroupBarrier();
    let of_pairs = greatest_of_eight(SCORES, 1u);
    greatest = max(greatest, max(of_pairs.xy, of_pairs.zw));
    sums = Sums(rescale(sums.first, greatest.x), rescale(sums.second, greatest.y));
    if (group < GROUPS) {
      let even = weigh(group, greatest);
      let odd = weigh(group + GROUPS, greatest);
      sums = add_values(sums, even.xy, values[0]);
      sums = add_values(sums, odd.xy, values[1]);
      sums = add_values(sums, even.zw, values[2]);
      sums = add_values(sums, odd.zw, values[3]);
    }
  }
  return add_groups(sums, lane);
}
