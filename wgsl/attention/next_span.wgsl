// Between two spans: what the lanes have left in `exchange` is read, and its room behind the products is zero again.
fn begin_next_span(lane: u32, room: u32) {
  workgroupBarrier();
  if (OCTETS % 4u > 0u) {
    for (var i = lane; i < room; i += LANES) {
      exchange[i] = vec4f();
    }
    workgroupBarrier();
  }
}
