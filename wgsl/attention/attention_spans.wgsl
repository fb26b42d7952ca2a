// What a row and HEADS heads gather of each span, by a workgroup for each, see gather_span.wgsl: few rows of a
// long text would leave most of a GPU idle otherwise. merge_spans.wgsl makes of it what attention.wgsl gives.

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let task = begin_row(workgroup, lane);
  workgroupBarrier();
  let position = task.own.position;
  let begin = (first_visible(position) / SPAN + workgroup.z) * SPAN;
  if (task.row >= rows.count || begin > position) {
    return;
  }
  let sums = gather_span(task, begin, lane);
  if (task.group == 0u) {
    let query = head_index(workgroup);
    put_part(query, workgroup.z, task.octet, sums.first);
    if (HEADS > 1u) { put_part(query + 1u, workgroup.z, task.octet, sums.second); }
  }
}

fn put_part(query: u32, span: u32, octet: u32, sum: Sum) {
  let at = part_at(query, span);
  if (octet == 0u) {
    output[at] = vec4(sum.greatest, sum.mass, 0.0, 0.0);
  }
  output[at + 1u + 2u * octet] = sum.value.low;
  output[at + 2u + 2u * octet] = sum.value.high;
}
