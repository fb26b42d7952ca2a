// Finds the drafts of all depths by merging the candidates of the parts, which are in order already. Each
// lane merges for depths of its own. For devices with few lanes.

override VALUES: u32 = max(1u, OTHER_VALUES);

// Free for others when the drafts are found.
var<workgroup> values: array<f32, VALUES>;

// Nothing: the lanes load as they go.
fn load_parts(lane: u32) {}

fn normaliser_of(level: u32) -> f32 {
  var greatest = NEVER;
  for (var c = 0u; c < CHUNKS; c++) {
    greatest = max(greatest, masses[level * CHUNKS + c].greatest);
  }
  var sum = 0.0;
  for (var c = 0u; c < CHUNKS; c++) {
    let mass = masses[level * CHUNKS + c];
    sum += mass.sum * exp(mass.greatest - greatest);
  }
  return greatest + log(sum);
}

fn merge(level: u32) {
  let normaliser = normaliser_of(level);
  var next = array<u32, MAX_CHUNKS>();
  for (var rank = 0u; rank < RANKS; rank++) {
    var best = NONE;
    var origin = 0u;
    for (var c = 0u; c < CHUNKS; c++) {
      if (next[c] < RANKS) {
        let candidate = candidates[(level * CHUNKS + c) * RANKS + next[c]];
        if (candidate.value > best.value) {
          best = candidate;
          origin = c;
        }
      }
    }
    next[origin] += 1u;
    put_draft(level, rank, best, normaliser);
  }
}

fn find_drafts(lane: u32) {
  for (var level = lane; level < min(DEPTH, depth_limit); level += WORKGROUP) {
    merge(level);
  }
  workgroupBarrier();
}
