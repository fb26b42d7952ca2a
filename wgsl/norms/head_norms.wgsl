// Norms of query and key heads before they are rotated, or after. A workgroup serves one row and what is
// normalised together: one head, or with ALL_HEADS all query heads, all key heads, all value heads.
// Value heads pass unchanged.

override EPSILON: f32;
override AFTER_ROTATION: bool = false; // Which keeps the length of a head: its weights come later.
override CENTRED: bool = false; // LayerNorms, which take the mean away first.

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
  var middle = 0.0;
  if (CENTRED) {
    middle = mean_of(base, octets, lane);
    workgroupBarrier();
  }
  var squares = 0.0;
  for (var i = lane; i < octets; i += WORKGROUP) {
    squares += sum_of_squares(centred(base + 2u * i, middle));
  }
  let mean = sum_over_workgroup(squares, lane) / f32(8u * octets);
  let factor = inverseSqrt(mean + EPSILON);
  for (var i = lane; i < octets; i += WORKGROUP) {
    let head = heads.first + i / HEAD_OCTETS;
    let octet = i % HEAD_OCTETS;
    if (head >= query_heads() + key_heads()) {
      let at = base + 2u * i;
      place_head_octet(row, head, octet, Octet(projected[at], projected[at + 1u]));
      continue;
    }
    var value = centred(base + 2u * i, middle);
    value = Octet(value.low * factor, value.high * factor);
    if (AFTER_ROTATION) {
      value = weighted(head, octet, rotated_octet(row, head, octet, value));
    } else {
      value = rotated_octet(row, head, octet, weighted(head, octet, value));
    }
    place_head_octet(row, head, octet, value);
  }
}

fn mean_of(base: u32, octets: u32, lane: u32) -> f32 {
  var sums = vec4f();
  for (var i = lane; i < octets; i += WORKGROUP) {
    sums += projected[base + 2u * i] + projected[base + 2u * i + 1u];
  }
  return sum_over_workgroup((sums.x + sums.y) + (sums.z + sums.w), lane) / f32(8u * octets);
}

fn centred(at: u32, middle: f32) -> Octet {
  if (CENTRED) {
    return Octet(projected[at] - middle, projected[at + 1u] - middle);
  }
  return Octet(projected[at], projected[at + 1u]);
}

fn weighted(head: u32, octet: u32, value: Octet) -> Octet {
  let at = weight_place(head, octet);
  return Octet(value.low * norm_weight[at], value.high * norm_weight[at + 1u]);
}
