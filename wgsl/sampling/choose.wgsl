// The best token of each chunk of the vocabulary, per row: the greatest of
// penalised logit / temperature + noise over the tokens that the filter keeps. The noise is a
// function of seed, position and token, so a row's choice does not depend on how it was drafted.

override CHUNK: u32; // Tokens per workgroup.
override WORKGROUP: u32 = 64;
// The greatest logit wins: no temperature, no penalty. Software drivers run both sides of a branch, and
// noise and penalties take longer than the rest.
override GREEDY: bool = false;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, logits_stride].
@group(0) @binding(1) var<storage, read> logits: array<vec4f>;
// [texts].
@group(0) @binding(2) var<storage, read> settings: array<Settings>;
// [rows]: the least penalised logit / temperature that is kept.
@group(0) @binding(4) var<storage, read> thresholds: array<f32>;
// [rows, parts]: of the parts of CHUNK tokens.
@group(0) @binding(5) var<storage, read_write> candidates: array<Candidate>;

const LOWEST = -3.4e38;
// Comes before all others, so that a row with a logit that is no number chooses no token.
const NO_CHOICE = Candidate(3.4e38, NO_TOKEN);
const CLASSES = 16u;

var<workgroup> best: array<Candidate, WORKGROUP>;

// Whether one of four is infinite or NaN. A driver may take it for granted that none is, but not in bits.
fn has_no_number(values: vec4f, is_token: vec4<bool>) -> bool {
  let exponents = bitcast<vec4u>(values) & vec4(0x7f800000u);
  return any(is_token & (exponents == vec4(0x7f800000u)));
}

// The best of all lanes, in lane 0. Many lanes first find the best of each class, side by side.
fn best_of_lanes(lanes_best: Candidate, lane: u32) -> Candidate {
  var own = lanes_best;
  best[lane] = own;
  workgroupBarrier();
  if (WORKGROUP > CLASSES) {
    if (lane < CLASSES) {
      for (var l = lane + CLASSES; l < WORKGROUP; l += CLASSES) {
        own = better(own, best[l]);
      }
      best[lane] = own;
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    for (var l = 1u; l < min(CLASSES, WORKGROUP); l++) {
      own = better(own, best[l]);
    }
  }
  return own;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  if (row >= rows.count) {
    return;
  }
  // Read before the loop: inside, software drivers would load them again for each token.
  let text = text_of(row);
  let temperature = settings[text].temperature;
  let penalty = settings[text].penalty;
  let threshold = thresholds[row];
  let key = vec2(settings[text].seed_low, settings[text].seed_high);
  // The chosen token will stand after the row's own position.
  let position = rows.row[row].position + 1u;
  var path = array<u32, MAX_DEPTH>();
  if (!GREEDY) {
    path = path_to(row);
  }
  let end = min(vocabulary(), (group.x + 1u) * CHUNK);
  let logits_start = row * sizes.logits_stride;
  // Of the tokens 4 i + j that this lane has seen, the best of each j.
  var values = vec4(LOWEST);
  var tokens = vec4(NO_TOKEN);
  var is_broken = false;
  for (var first = group.x * CHUNK + 4u * lane; first < end; first += 4u * WORKGROUP) {
    let own_tokens = vec4(first) + vec4(0u, 1u, 2u, 3u);
    var own = logits[logits_start + first / 4u];
    var kept = own_tokens < vec4(end);
    is_broken |= has_no_number(own, kept);
    if (!GREEDY && penalty != 1.0) {
      own = penalised(own, text, first, path, penalty);
    }
    if (!GREEDY && temperature > 0.0) {
      own /= temperature;
      kept = kept & (own >= vec4(threshold));
      own += noise_of(first / 4u, position, key);
    }
    let is_best = kept & (own > values); // Of equals the first stays.
    values = select(values, own, is_best);
    tokens = select(tokens, own_tokens, is_best);
  }
  var own = Candidate(values.x, tokens.x);
  own = better(own, Candidate(values.y, tokens.y));
  own = better(own, Candidate(values.z, tokens.z));
  own = better(own, Candidate(values.w, tokens.w));
  if (is_broken) {
    own = NO_CHOICE;
  }
  own = best_of_lanes(own, lane);
  if (lane == 0u) {
    candidates[row * groups.x + group.x] = own;
  }
}
