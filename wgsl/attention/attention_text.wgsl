// The attention of rows of plain text, many at a time, with the bits of attention.wgsl, on any device: for
// prompts, whose rows all find a position in the cache slot of the same number.
//
// A workgroup serves up to four or eight queries, see tile_queries.wgsl and gather_text_span.wgsl. What they have gathered
// in the spans before lies where their output comes.
//
// Registers, of 255 with eight queries: what they have gathered 80, four keys and values 32, products 32, about 50
// others. The floor on an H100 is arithmetic: four operations for each query, position and dimension at
// 60 TFLOP/s, 9 ms for a layer of 32 heads of 128 and 8,192 tokens; keys and values pass the second cache
// once for eight queries, which takes as long.

// The greatest scores and the masses of four queries in the spans before.
struct FourBefore { greatest: vec4f, mass: vec4f }

// Adds a span to what a query has gathered, and divides what that gives if it is the last. Returns the greatest
// score and the mass.
fn put_span(place: u32, group: vec3u, octet: u32, before: vec2f, span: Sum, is_last: bool) -> vec2f {
  let query = query_of(place, group);
  if (!query.is_there) { return before; }
  let at = 2u * (query.index * OCTETS + octet);
  var sum = span;
  if (before.x != MASKED) {
    sum = merged(Sum(before.x, before.y, Octet(output[at], output[at + 1u])), span);
  }
  if (is_last) {
    let mass = denominator(query.index, sum.mass, sum.greatest);
    output[at] = sum.value.low / mass;
    output[at + 1u] = sum.value.high / mass;
  } else {
    output[at] = sum.value.low;
    output[at + 1u] = sum.value.high;
  }
  return vec2(sum.greatest, sum.mass);
}

fn put_four(half: u32, group: vec3u, octet: u32, before: FourBefore, spans: FourSums, is_last: bool) -> FourBefore {
  let place = 4u * half;
  let a = put_span(place, group, octet, vec2(before.greatest.x, before.mass.x), spans.a, is_last);
  let b = put_span(place + 1u, group, octet, vec2(before.greatest.y, before.mass.y), spans.b, is_last);
  let c = put_span(place + 2u, group, octet, vec2(before.greatest.z, before.mass.z), spans.c, is_last);
  let d = put_span(place + 3u, group, octet, vec2(before.greatest.w, before.mass.w), spans.d, is_last);
  return FourBefore(vec4(a.x, b.x, c.x, d.x), vec4(a.y, b.y, c.y, d.y));
}

fn least_of(v: vec4u) -> u32 {
  return min(min(v.x, v.y), min(v.z, v.w));
}

fn most_of(v: vec4u) -> u32 {
  return max(max(v.x, v.y), max(v.z, v.w));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (workgroup.x * ROWS >= rows.count) {
    return;
  }
  let kv_head = workgroup.y / HEAD_BLOCKS;
  let octet = lane % OCTETS;
  load_queries(workgroup, lane);
  let ends = workgroupUniformLoad(&bounds);
  let last = most_of(max(ends[0], ends[1])); // Where there are no more than four, 0 for the others.
  let first_position = least_of(select(ends[2], min(ends[2], ends[3]), FOURS > 1u));

  let nothing = FourBefore(vec4(MASKED), vec4f());
  var lower = nothing;
  var upper = nothing;
  for (var begin = first_position / SPAN * SPAN; begin <= last; begin += SPAN) {
    let sums = gather_span(begin, first_position, last, kv_head, lane);
    let is_last = begin + SPAN > last;
    if (lane < OCTETS) {
      lower = put_four(0u, workgroup, octet, lower, sums.lower, is_last);
      if (FOURS > 1u) { upper = put_four(1u, workgroup, octet, upper, sums.upper, is_last); }
    }
    if (!is_last) {
      begin_next_span(lane, EXCHANGE);
    }
  }
}
