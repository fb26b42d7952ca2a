// Norms of query and key heads before they are rotated, or after. A workgroup serves one row and what is
// normalised together: one head, or with ALL_HEADS all query heads, all key heads, all value heads.
// Value heads pass unchanged.

override EPSILON: f32;
override AFTER_ROTATION: bool = false; // Which keeps the length of a head: its weights come later.

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, query_heads() + 2 · key_heads(), HEAD_DIM / 4].
@group(0) @binding(1) var<storage, read> projected: array<vec4f>;
// See weight_place.
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4f>;

fn query_heads() -> u32 {
  return places_of_heads.heads;
}

fn key_heads() -> u32 {
  return cache_layout.kv_heads;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  if (row >= rows.count) {
    return;
  }
  let heads = heads_of(group.x);
  let base = 2u * (row * (query_heads() + 2u * key_heads()) + heads.first) * HEAD_OCTETS;
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
    if (head >= query_heads() + key_heads()) {
      place_head_octet(row, head, octet, value);
      continue;
    }
    value = Octet(value.low * factor, value.high * factor);
    if (AFTER_ROTATION) {
      value = weighted(head, octet, rotated_octet(row, head, octet, value));
    } else {
      value = rotated_octet(row, head, octet, weighted(head, octet, value));
    }
    place_head_octet(row, head, octet, value);
  }
}

fn weighted(head: u32, octet: u32, value: Octet) -> Octet {
  let at = weight_place(head, octet);
  return Octet(value.low * norm_weight[at], value.high * norm_weight[at + 1u]);
}
