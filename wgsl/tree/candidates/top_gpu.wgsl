// Finds a chunk's candidates all at once: the rank of a token is the number of tokens before it. Each
// lane counts for one token, without waiting for others. For devices with many lanes.
//
// A chunk with more tokens than lanes is taken in turns, which keep the first tokens so far.

// The logits of a turn: those kept, in order, then one of each other lane. So of two equal ones the
// first has the lower token.
var<workgroup> values: array<f32, WORKGROUP>;
var<workgroup> kept: array<Candidate, RANKS>;
var<workgroup> sums: array<f32, WORKGROUP>;

fn logit_of(row: u32, token: u32) -> f32 {
  return logits[row * LOGITS_STRIDE + token / 4u][token % 4u];
}

// The token's logit. What cannot be a candidate stands behind all that can.
fn candidate_at(row: u32, token: u32, end: u32) -> Candidate {
  if (token < end) {
    let value = logit_of(row, token);
    if (value > NONE.value) {
      return Candidate(value, token);
    }
  }
  return NONE;
}

fn before(own: f32, lane: u32, other: u32) -> u32 {
  let value = values[other];
  return select(0u, 1u, value > own || (value == own && other < lane));
}

fn rank_of(own: f32, lane: u32) -> u32 {
  var rank = 0u;
  for (var i = 0u; i < WORKGROUP; i += 8u) {
    rank += before(own, lane, i) + before(own, lane, i + 1u) + before(own, lane, i + 2u) +
      before(own, lane, i + 3u) + before(own, lane, i + 4u) + before(own, lane, i + 5u) +
      before(own, lane, i + 6u) + before(own, lane, i + 7u);
  }
  return rank;
}

// Ranks the lanes' candidates and keeps the first.
fn keep_first(own: Candidate, lane: u32) {
  values[lane] = own.value;
  workgroupBarrier();
  let rank = rank_of(own.value, lane);
  if (rank < RANKS) {
    kept[rank] = own;
  }
  workgroupBarrier();
}

// The sum over all lanes, in lane 0.
fn sum_of_lanes(own: f32, lane: u32) -> f32 {
  sums[lane] = own;
  workgroupBarrier();
  for (var width = WORKGROUP / 4u; width > 0u; width /= 4u) {
    if (lane < width) {
      sums[lane] = (sums[lane] + sums[lane + width]) + (sums[lane + 2u * width] + sums[lane + 3u * width]);
    }
    workgroupBarrier();
  }
  return sums[0];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  if (row >= rows.count) {
    return;
  }
  let first = group.x * CHUNK;
  let end = min(VOCABULARY, first + CHUNK);
  if (DRAWN) {
    weigh_chunk(row, first, lane);
  }
  keep_first(candidate_at(row, first + lane, end), lane);
  for (var next = first + WORKGROUP; next < end; next += WORKGROUP - RANKS) {
    var own = kept[min(lane, RANKS - 1u)];
    if (lane >= RANKS) {
      own = candidate_at(row, next + lane - RANKS, end);
    }
    keep_first(own, lane);
  }
  let part = row * CHUNKS + group.x;
  if (lane < RANKS) {
    candidates[part * RANKS + lane] = weighed(kept[lane]);
  }
  let scale = weight();
  let greatest = kept[0].value;
  var sum = 0.0;
  for (var token = first + lane; token < end; token += WORKGROUP) {
    sum += exp(scale * (logit_of(row, token) - greatest));
  }
  sum = sum_of_lanes(sum, lane);
  if (lane == 0u) {
    masses[part] = Mass(weighed(kept[0]).value, sum);
  }
}
