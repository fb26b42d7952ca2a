// What four or eight queries of plain text gather of a span of positions, by a workgroup, with the bits of
// gather_span.wgsl: in the same chunks, groups and orders. A key and a value that a lane has loaded serve all
// queries instead of one row's. Chunks that a row does not see change nothing of what it has gathered: their
// weights are 0, and what was gathered is multiplied with exp(0).
//
// Queries are written out, four of them side by side in a vector.

override LANES: u32; // Lanes of a workgroup, as the other kernel's.
override FOURS: u32; // 1 or 2: so many times four queries of a workgroup.
override QUERIES = 4u * FOURS;
override GROUPS = LANES / max(OCTETS, 4u);
override CHUNK = 4u * GROUPS;
// Room for a position's products, a multiple of four for reading, and one so that neighbouring positions
// use different banks. Those behind OCTETS stay zero.
override STRIDE = (OCTETS + 3u) / 4u * 4u + 1u;
override EXCHANGE = max(FOURS * CHUNK * STRIDE, 8u * LANES);

const CLASSES = 8u;

// [QUERIES, low and high, OCTETS].
var<workgroup> tile_queries: array<vec4f, 2u * QUERIES * OCTETS>;
// The last positions that the queries see, two vectors of four queries, then the first ones.
var<workgroup> bounds: array<vec4u, 4>;
// [FOURS, CHUNK, STRIDE]: an octet's products with four queries. At the end of a span [4, low and high,
// LANES]: what the lanes have gathered.
var<workgroup> exchange: array<vec4f, EXCHANGE>;
// [FOURS, CHUNK]: scores, then weights.
var<workgroup> scores: array<vec4f, FOURS * CHUNK>;
// [FOURS, CLASSES]: the greatest.
var<workgroup> greatest_of: array<vec4f, 2u * CLASSES>;
var<workgroup> masses: array<vec4f, LANES>;

fn load_queries(group: vec3u, lane: u32) {
  for (var i = lane; i < QUERIES * OCTETS; i += LANES) {
    let place = i / OCTETS;
    let octet = i % OCTETS;
    let at = 2u * (query_of(place, group).index * OCTETS + octet);
    tile_queries[2u * place * OCTETS + octet] = queries[at];
    tile_queries[(2u * place + 1u) * OCTETS + octet] = queries[at + 1u];
  }
  if (lane < FOURS) {
    let last = vec4(query_of(4u * lane, group).position, query_of(4u * lane + 1u, group).position,
                    query_of(4u * lane + 2u, group).position, query_of(4u * lane + 3u, group).position);
    bounds[lane] = last;
    bounds[2u + lane] = vec4(first_visible(last.x), first_visible(last.y),
                             first_visible(last.z), first_visible(last.w));
  }
}

// The keys or values of four positions of a chunk.
struct FourStored { a: Stored, b: Stored, c: Stored, d: Stored }

// Of positions GROUPS apart; behind the last it comes again.
fn load_four(which: u32, position: u32, last: u32, kv_head: u32, octet: u32) -> FourStored {
  return FourStored(load_stored(which, min(position, last), kv_head, octet),
                    load_stored(which, min(position + GROUPS, last), kv_head, octet),
                    load_stored(which, min(position + 2u * GROUPS, last), kv_head, octet),
                    load_stored(which, min(position + 3u * GROUPS, last), kv_head, octet));
}

// Four octets, of four positions.
struct FourOctets { a: Octet, b: Octet, c: Octet, d: Octet }

fn unpack_four(stored: FourStored) -> FourOctets {
  return FourOctets(unpack_stored(stored.a), unpack_stored(stored.b),
                    unpack_stored(stored.c), unpack_stored(stored.d));
}

// A query's products with an octet of four keys.
fn products(place: u32, octet: u32, keys: FourOctets) -> vec4f {
  let query = Octet(tile_queries[2u * place * OCTETS + octet],
                    tile_queries[(2u * place + 1u) * OCTETS + octet]);
  return vec4(add_product(0.0, query, keys.a), add_product(0.0, query, keys.b),
              add_product(0.0, query, keys.c), add_product(0.0, query, keys.d));
}

// Hands the products of four queries to those who add up octets.
fn put_products(half: u32, position: u32, octet: u32, keys: FourOctets) {
  let by_position = transpose(mat4x4f(products(4u * half, octet, keys),
                                      products(4u * half + 1u, octet, keys),
                                      products(4u * half + 2u, octet, keys),
                                      products(4u * half + 3u, octet, keys)));
  let at = (half * CHUNK + position) * STRIDE + octet;
  exchange[at] = by_position[0];
  exchange[at + GROUPS * STRIDE] = by_position[1];
  exchange[at + 2u * GROUPS * STRIDE] = by_position[2];
  exchange[at + 3u * GROUPS * STRIDE] = by_position[3];
}

fn put_scores(first: u32, lane: u32) {
  for (var task = lane; task < FOURS * CHUNK; task += LANES) {
    var sum = vec4f();
    for (var o = 0u; o < OCTETS; o += 4u) {
      let at = task * STRIDE + o;
      sum += (exchange[at] + exchange[at + 1u]) + (exchange[at + 2u] + exchange[at + 3u]);
    }
    let position = vec4(first + task % CHUNK);
    let half = task / CHUNK;
    let visible = (position <= bounds[half]) & (position >= bounds[2u + half]);
    scores[task] = select(vec4(MASKED), scores_of(sum), visible);
  }
}

fn put_greatest(lane: u32) {
  if (lane >= FOURS * CLASSES) { return; }
  let half = lane / CLASSES;
  var greatest = vec4(MASKED);
  for (var i = lane % CLASSES; i < CHUNK; i += CLASSES) {
    greatest = max(greatest, scores[half * CHUNK + i]);
  }
  greatest_of[lane] = greatest;
}

fn greatest_in(half: u32) -> vec4f {
  let at = half * CLASSES;
  return max(max(max(greatest_of[at], greatest_of[at + 1u]),
                 max(greatest_of[at + 2u], greatest_of[at + 3u])),
             max(max(greatest_of[at + 4u], greatest_of[at + 5u]),
                 max(greatest_of[at + 6u], greatest_of[at + 7u])));
}

fn put_weights(lower: vec4f, upper: vec4f, lane: u32) {
  for (var task = lane; task < FOURS * CHUNK; task += LANES) {
    let greatest = select(lower, upper, task >= CHUNK);
    let score = scores[task];
    scores[task] = select(exp(score - greatest), vec4f(), score == vec4(MASKED));
  }
}

// What four queries have gathered.
struct FourSums { a: Sum, b: Sum, c: Sum, d: Sum }

fn rescale_four(sums: FourSums, greatest: vec4f) -> FourSums {
  return FourSums(rescale(sums.a, greatest.x), rescale(sums.b, greatest.y),
                  rescale(sums.c, greatest.z), rescale(sums.d, greatest.w));
}

fn add_to_four(sums: FourSums, weights: vec4f, v: Octet) -> FourSums {
  return FourSums(add_value(sums.a, weights.x, v), add_value(sums.b, weights.y, v),
                  add_value(sums.c, weights.z, v), add_value(sums.d, weights.w, v));
}

fn add_values(sums: FourSums, half: u32, position: u32, values: FourOctets) -> FourSums {
  let at = half * CHUNK + position;
  var s = add_to_four(sums, scores[at], values.a);
  s = add_to_four(s, scores[at + GROUPS], values.b);
  s = add_to_four(s, scores[at + 2u * GROUPS], values.c);
  return add_to_four(s, scores[at + 3u * GROUPS], values.d);
}

fn keep_sum(i: u32, lane: u32, sum: Sum) {
  exchange[2u * i * LANES + lane] = sum.value.low;
  exchange[(2u * i + 1u) * LANES + lane] = sum.value.high;
}

fn add_kept_sum(i: u32, lane: u32, sum: Sum, mass: f32) -> Sum {
  let value = Octet(sum.value.low + exchange[2u * i * LANES + lane],
                    sum.value.high + exchange[(2u * i + 1u) * LANES + lane]);
  return Sum(sum.greatest, sum.mass + mass, value);
}

fn add_kept(sums: FourSums, lane: u32) -> FourSums {
  let mass = masses[lane];
  return FourSums(add_kept_sum(0u, lane, sums.a, mass.x), add_kept_sum(1u, lane, sums.b, mass.y),
                  add_kept_sum(2u, lane, sums.c, mass.z), add_kept_sum(3u, lane, sums.d, mass.w));
}

// Adds up the groups: each of a quarter of them takes three others, until one has all.
fn add_groups(own: FourSums, lane: u32) -> FourSums {
  let group = lane / OCTETS;
  var sums = own;
  for (var count = GROUPS; count > 1u; count = (count + 3u) / 4u) {
    workgroupBarrier();
    if (group < count) {
      keep_sum(0u, lane, sums.a);
      keep_sum(1u, lane, sums.b);
      keep_sum(2u, lane, sums.c);
      keep_sum(3u, lane, sums.d);
      masses[lane] = vec4(sums.a.mass, sums.b.mass, sums.c.mass, sums.d.mass);
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

fn empty_sums() -> FourSums {
  let none = Sum(MASKED, 0.0, Octet());
  return FourSums(none, none, none, none);
}

// What four or eight queries have gathered of a span; group 0 has it.
struct SpanSums { lower: FourSums, upper: FourSums }

// Of the span that begins at position `begin`, of which they see `first_position` … `last`.
fn gather_span(begin: u32, first_position: u32, last: u32, kv_head: u32, lane: u32) -> SpanSums {
  let group = lane / OCTETS;
  let octet = lane % OCTETS;
  var lower = empty_sums();
  var upper = empty_sums();
  var greatest_lower = vec4(MASKED);
  var greatest_upper = vec4(MASKED);
  let first_chunk = max(first_position / CHUNK * CHUNK, begin);
  let end = min(last, begin + SPAN - 1u);
  for (var first = first_chunk; first <= end; first += CHUNK) {
    let keys = unpack_four(load_four(KEYS, first + group, last, kv_head, octet));
    let values = load_four(VALUES, first + group, last, kv_head, octet);
    if (group < GROUPS) {
      put_products(0u, group, octet, keys);
      if (FOURS > 1u) { put_products(1u, group, octet, keys); }
    }
    workgroupBarrier();
    put_scores(first, lane);
    workgroupBarrier();
    put_greatest(lane);
    workgroupBarrier();
    greatest_lower = max(greatest_lower, greatest_in(0u));
    if (FOURS > 1u) { greatest_upper = max(greatest_upper, greatest_in(1u)); }
    put_weights(greatest_lower, greatest_upper, lane);
    workgroupBarrier();
    lower = rescale_four(lower, greatest_lower);
    if (FOURS > 1u) { upper = rescale_four(upper, greatest_upper); }
    if (group < GROUPS) {
      let v = unpack_four(values);
      lower = add_values(lower, 0u, group, v);
      if (FOURS > 1u) { upper = add_values(upper, 1u, group, v); }
    }
  }
  lower = add_groups(lower, lane);
  if (FOURS > 1u) { upper = add_groups(upper, lane); }
  return SpanSums(lower, upper);
}
