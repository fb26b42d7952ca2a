// Norms of query and key heads before they are rotated. A workgroup serves one row and what is
// normalised together: one head, or with ALL_HEADS all query heads, all key heads, all value heads.
// Value heads pass unchanged.

override ALL_HEADS: bool;
override EPSILON: f32;
override HEAD_OCTETS = HEAD_DIM / 8u;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, HEADS + 2 · KV_HEADS, HEAD_DIM / 4].
@group(0) @binding(1) var<storage, read> projected: array<vec4f>;
// Weights of queries, then of keys: [HEAD_DIM / 4] each, or with ALL_HEADS [heads, HEAD_DIM / 4].
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;

// Neighbouring heads, seen from the first query head.
struct Heads { first: u32, count: u32 }

fn heads_of(group: u32) -> Heads {
  if (!ALL_HEADS) {
    return Heads(group, 1u);
  }
  if (group == 0u) {
    return Heads(0u, HEADS);
  }
  return Heads(HEADS + (group - 1u) * KV_HEADS, KV_HEADS);
}

// Place of the weight of an octet of a head.
fn weight_place(head: u32, octet: u32) -> u32 {
  if (ALL_HEADS) {
    return 2u * (head * HEAD_OCTETS + octet);
  }
  return 2u * (select(0u, HEAD_OCTETS, head >= HEADS) + octet);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  if (row >= rows.count) {
    return;
  }
  let heads = heads_of(group.x);
  let base = 2u * (row * (HEADS + 2u * KV_HEADS) + heads.first) * HEAD_OCTETS;
  let octets = heads.count * HEAD_OCTETS;
  var squares = 0.0;
  for (var i = lane; i < octets; i += WORKGROUP) {
    squares += sum_of_squares(Octet(projected[base + 2u * i], projected[base + 2u * i + 1u]));
  }
  let mean = sum_over_workgroup(squares, lane) / f32(8u * octets);
  let factor = inverseSqrt(mean + EPSILON);
  for (var i = lane; i < octets; i += WORKGROUP) {
    let head = heads.first + i / HEAD_OCTETS;
    let octet = i % HEAD_OCTETS;
    var value = Octet(projected[base + 2u * i], projected[base + 2u * i + 1u]);
    if (head < HEADS + KV_HEADS) {
      let at = weight_place(head, octet);
      value = Octet(value.low * factor * norm_weight[at],
                    value.high * factor * norm_weight[at + 1u]);
    }
    place_head_octet(row, head, octet, value);
  }
}
