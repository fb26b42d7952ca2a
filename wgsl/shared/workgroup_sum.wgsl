// Adds up what the invocations of a workgroup have, in the order of the lanes.

override WORKGROUP: u32;

var<workgroup> partials: array<f32, WORKGROUP>;

fn sum_over_workgroup(own: f32, lane: u32) -> f32 {
  partials[lane] = own;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < WORKGROUP; i++) {
    sum += partials[i];
  }
  return sum;
}
