// Finds a chunk's candidates one after the other: each lane knows the best of its own tokens, and looks
// for its next one when it was the best of all. For that it knows the best of each eighth of its tokens, of
// which it has to look at one again. For few lanes.

const CELLS = 8u;

override STEPS: u32 = (CHUNK + 4u * WORKGROUP - 1u) / (4u * WORKGROUP); // Fours of a lane's tokens.
override CELL_STEPS: u32 = (STEPS + CELLS - 1u) / CELLS;

var<workgroup> best_of_lane: array<Candidate, WORKGROUP>;
var<workgroup> sum_of_lane: array<f32, WORKGROUP>;
var<workgroup> winner: u32; // The lane that held the last candidate.
var<workgroup> last: Candidate;

// The best of each part of the lane's tokens, and the part with the best of all.
var<private> best_of_cell: array<Candidate, CELLS>;
var<private> best_cell: u32;

// The first candidate of a part of the lane's tokens after a given one, or its very first.
fn next_of_cell(row: u32, first: u32, lane: u32, cell: u32, after: Candidate, is_first: bool) -> Candidate {
  let end = min(VOCABULARY, first + CHUNK);
  // Of the tokens 4 i + j, the best of each j.
  var values = vec4(NONE.value);
  var tokens = vec4(NONE.token);
  for (var step = 0u; step < CELL_STEPS; step++) {
    let token = first + 4u * (lane + WORKGROUP * (cell * CELL_STEPS + step));
    if (token >= end) {
      break;
    }
    let own = logits[row * LOGITS_STRIDE + token / 4u];
    let own_tokens = vec4(token) + vec4(0u, 1u, 2u, 3u);
    let is_after = vec4(is_first) | (own < vec4(after.value)) |
      ((own == vec4(after.value)) & (own_tokens > vec4(after.token)));
    let is_best = (own_tokens < vec4(end)) & is_after & (own > values); // Of equals the first stays.
    values = select(values, own, is_best);
    tokens = select(tokens, own_tokens, is_best);
  }
  let a = better(Candidate(values.x, tokens.x), Candidate(values.y, tokens.y));
  let b = better(Candidate(values.z, tokens.z), Candidate(values.w, tokens.w));
  return better(a, b);
}

fn best_of_cells() -> Candidate {
  best_cell = 0u;
  for (var cell = 1u; cell < CELLS; cell++) {
    if (is_before(best_of_cell[cell], best_of_cell[best_cell])) {
      best_cell = cell;
    }
  }
  return best_of_cell[best_cell];
}

fn sum_of_exponentials(row: u32, first: u32, lane: u32, greatest: f32) -> f32 {
  var sum = 0.0;
  let scale = weight();
  let end = min(VOCABULARY, first + CHUNK);
  for (var token = first + 4u * lane; token < end; token += 4u * WORKGROUP) {
    let four = exp(scale * (logits[row * LOGITS_STRIDE + token / 4u] - greatest));
    let inside = vec4<bool>(true, token + 1u < end, token + 2u < end, token + 3u < end);
    let kept = select(vec4f(), four, inside);
    sum += (kept.x + kept.y) + (kept.z + kept.w);
  }
  return sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  if (row >= rows.count) {
    return;
  }
  let first = group.x * CHUNK;
  let part = row * CHUNKS + group.x;
  if (DRAWN) {
    weigh_chunk(row, first, lane);
  }
  for (var cell = 0u; cell < CELLS; cell++) {
    best_of_cell[cell] = next_of_cell(row, first, lane, cell, NONE, true);
  }
  best_of_lane[lane] = best_of_cells();
  workgroupBarrier();
  for (var rank = 0u; rank < RANKS; rank++) {
    if (lane == 0u) {
      var best = 0u;
      for (var l = 1u; l < WORKGROUP; l++) {
        if (is_before(best_of_lane[l], best_of_lane[best])) {
          best = l;
        }
      }
      winner = best;
      last = best_of_lane[best];
      candidates[part * RANKS + rank] = weighed(last);
    }
    workgroupBarrier();
    if (rank == 0u) {
      sum_of_lane[lane] = sum_of_exponentials(row, first, lane, last.value);
    }
    if (lane == winner) {
      best_of_cell[best_cell] = next_of_cell(row, first, lane, best_cell, last, false);
      best_of_lane[lane] = best_of_cells();
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    var sum = 0.0;
    for (var l = 0u; l < WORKGROUP; l++) {
      sum += sum_of_lane[l];
    }
    masses[part] = Mass(candidates[part * RANKS].value, sum);
  }
}
