// output = softmax(queries · keys · scale) · values, of what attention_spans.wgsl has gathered. A lane serves an
// octet of a query.
//
// Four spans are loaded side by side: they take as long as one.

// See span_parts.wgsl.
@group(0) @binding(6) var<storage, read> parts: array<vec4f>;

const LANES = 64u;

// Of spans behind the last the last comes again.
fn load_part(query: u32, span: u32, last: u32, octet: u32) -> Sum {
  let at = part_at(query, min(span, last));
  let of_all = parts[at];
  return Sum(of_all.x, of_all.y, Octet(parts[at + 1u + 2u * octet], parts[at + 2u + 2u * octet]));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = workgroup.x * LANES + lane;
  let query = place / OCTETS;
  let octet = place % OCTETS;
  let row = query / all_heads();
  if (row >= rows.count) {
    return;
  }
  let position = rows.row[row].position;
  let last = position / SPAN - first_visible(position) / SPAN;
  var sum = Sum(MASKED, 0.0, Octet());
  for (var span = 0u; span <= last; span += 4u) {
    let a = load_part(query, span, last, octet);
    let b = load_part(query, span + 1u, last, octet);
    let c = load_part(query, span + 2u, last, octet);
    let d = load_part(query, span + 3u, last, octet);
    sum = merged(sum, a);
    if (span + 1u <= last) { sum = merged(sum, b); }
    if (span + 2u <= last) { sum = merged(sum, c); }
    if (span + 3u <= last) { sum = merged(sum, d); }
  }
  let mass = denominator(query, sum.mass, sum.greatest);
  output[2u * place] = sum.value.low / mass;
  output[2u * place + 1u] = sum.value.high / mass;
}
