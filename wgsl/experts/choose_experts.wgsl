// The experts of each row: those of its largest logits, of equal ones the first, in descending order; and their
// weights, exp(logit) divided by the sum over all experts, or over those that were chosen. One workgroup per
// row.

override WORKGROUP: u32;
override EXPERTS: u32;
override CHOSEN: u32; // Experts of a row.
override STRIDE: u32; // Distance of the logits of neighbouring rows.
override OF_CHOSEN: bool; // The weights of the chosen experts add up to one.

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, STRIDE], EXPERTS of each row.
@group(0) @binding(1) var<storage, read> logits: array<f32>;
// [rows, CHOSEN].
@group(0) @binding(2) var<storage, read_write> chosen: array<u32>;
// [rows, CHOSEN].
@group(0) @binding(3) var<storage, read_write> expert_weights: array<f32>;

var<workgroup> logits_of_row: array<f32, EXPERTS>;
var<workgroup> terms: array<f32, EXPERTS>;
// The chosen experts and their terms, in descending order.
var<workgroup> ranked: array<u32, CHOSEN>;
var<workgroup> ranked_terms: array<f32, CHOSEN>;

fn greatest_logit() -> f32 {
  var greatest = logits_of_row[0];
  for (var expert = 1u; expert < EXPERTS; expert++) {
    greatest = max(greatest, logits_of_row[expert]);
  }
  return greatest;
}

// Experts that come before this one.
fn rank_of(expert: u32) -> u32 {
  let own = logits_of_row[expert];
  var rank = 0u;
  for (var other = 0u; other < EXPERTS; other++) {
    let logit = logits_of_row[other];
    rank += u32(logit > own || (logit == own && other < expert));
  }
  return rank;
}

// In ascending order of the experts, or of the ranks.
fn sum_of_terms() -> f32 {
  var sum = 0.0;
  if (OF_CHOSEN) {
    for (var i = 0u; i < CHOSEN; i++) {
      sum += ranked_terms[i];
    }
    return sum;
  }
  for (var expert = 0u; expert < EXPERTS; expert++) {
    sum += terms[expert];
  }
  return sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    place_none();
    return;
  }
  for (var expert = lane; expert < EXPERTS; expert += WORKGROUP) {
    logits_of_row[expert] = logits[row * STRIDE + expert];
  }
  workgroupBarrier();
  let greatest = greatest_logit();
  for (var expert = lane; expert < EXPERTS; expert += WORKGROUP) {
    let term = exp(logits_of_row[expert] - greatest);
    terms[expert] = term;
    let rank = rank_of(expert);
    if (rank < CHOSEN) {
      ranked[rank] = expert;
      ranked_terms[rank] = term;
    }
  }
  workgroupBarrier();
  let sum = sum_of_terms();
  for (var i = lane; i < CHOSEN; i += WORKGROUP) {
    chosen[row * CHOSEN + i] = ranked[i];
    expert_weights[row * CHOSEN + i] = ranked_terms[i] / sum;
    place_pair(i, ranked[i]);
  }
}
