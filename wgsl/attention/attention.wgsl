// output = softmax(queries · keys · scale) · values over the positions that a row sees, on any device: a
// workgroup walks through all spans of a row and of HEADS heads, see gather_span.wgsl.

fn merged_sums(before: Sums, span: Sums) -> Sums {
  let first = merged(before.first, span.first);
  if (HEADS == 1u) {
    return Sums(first, Sum());
  }
  return Sums(first, merged(before.second, span.second));
}

fn finish(sum: Sum, at: u32) {
  let mass = denominator(at / (2u * OCTETS), sum.mass, sum.greatest);
  output[at] = sum.value.low / mass;
  output[at + 1u] = sum.value.high / mass;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let task = begin_row(workgroup, lane);
  workgroupBarrier();
  if (task.row >= rows.count) {
    return;
  }
  var sums = no_sums();
  let last = task.own.position;
  for (var begin = first_visible(last) / SPAN * SPAN; begin <= last; begin += SPAN) {
    sums = merged_sums(sums, gather_span(task, begin, lane));
    if (begin + SPAN <= last) {
      begin_next_span(lane, 4u * LANES);
    }
  }
  if (task.group == 0u) {
    let at = (head_index(workgroup) * OCTETS + task.octet) * 2u;
    finish(sums.first, at);
    if (HEADS > 1u) { finish(sums.second, at + 2u * OCTETS); }
  }
}
