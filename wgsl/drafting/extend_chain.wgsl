// Ends a drafting pass: the chosen token becomes the next node of the chain and the row of the next
// pass. After a token of low probability, or where there is no room for more drafts, no row is left, so
// that the passes that are queued already do nothing.

override CHUNKS: u32; // Candidates of the row.
override MASSES: u32; // Parts of the vocabulary that the softmax's sum comes in.
override DRAFTS: u32; // Most drafts in the chain.
override TREE_SLOT: u32; // Cache slot of node 0 if it had one; node n keeps its key in TREE_SLOT + n.
override CONFIDENCE: f32; // Least probability of a token that another is drafted after; 0 asks for none.
override WORKGROUP: u32; // A power of 2.

@group(0) @binding(0) var<storage, read_write> rows: Rows;
@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read_write> draft_rows: Rows;
// One bit per token of the vocabulary: whether it stands in the context or the chain.
@group(0) @binding(3) var<storage, read_write> draft_seen: array<u32>;
// [CHUNKS].
@group(0) @binding(4) var<storage, read> candidates: array<Candidate>;
// [MASSES].
@group(0) @binding(5) var<storage, read> masses: array<Mass>;
// [vocabulary].
@group(0) @binding(6) var<storage, read> logits: array<f32>;

var<workgroup> best_of_lane: array<Candidate, WORKGROUP>;
var<workgroup> sum_of_lane: array<f32, WORKGROUP>;

// The best of the lane's candidates, taken two at a time; behind the end the last one comes again.
fn best_of(lane: u32) -> Candidate {
  let last = CHUNKS - 1u;
  var best = candidates[min(lane, last)];
  for (var i = lane + WORKGROUP; i <= last; i += 2u * WORKGROUP) {
    best = better(best, better(candidates[i], candidates[min(i + WORKGROUP, last)]));
  }
  return best;
}

// The best of all candidates.
fn choice(lane: u32) -> u32 {
  best_of_lane[lane] = best_of(lane);
  workgroupBarrier();
  for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
    if (lane < width) {
      best_of_lane[lane] = better(best_of_lane[lane], best_of_lane[lane + width]);
    }
    workgroupBarrier();
  }
  return best_of_lane[0].token;
}

// One over Σ exp(logit of each token − the token's own).
fn probability_of(token: u32, lane: u32) -> f32 {
  let logit = logits[token];
  var sum = 0.0;
  for (var i = lane; i < MASSES; i += WORKGROUP) {
    sum += masses[i].sum * exp(masses[i].greatest - logit);
  }
  sum_of_lane[lane] = sum;
  workgroupBarrier();
  for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
    if (lane < width) {
      sum_of_lane[lane] += sum_of_lane[lane + width];
    }
    workgroupBarrier();
  }
  return 1.0 / sum_of_lane[0];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  // What is needed at the end is loaded with the rest.
  let is_drafting = draft_rows.count > 0u;
  let node = rows.count;
  let root = rows.row[0].position;
  // The last token of the text needs no draft after it.
  let limit = min(DRAFTS, state.limit - state.generated - 1u);
  let token = choice(lane);
  var goes_on = node < limit;
  if (CONFIDENCE > 0.0) {
    goes_on = probability_of(token, lane) >= CONFIDENCE && goes_on;
  }
  if (lane > 0u || !is_drafting) {
    return;
  }
  let row = Row(token, root + node, TREE_SLOT + node, root + 1u);
  rows.row[node] = row;
  rows.count = node + 1u;
  draft_rows.row[0] = row;
  draft_rows.count = select(0u, 1u, goes_on);
  draft_seen[token / 32u] |= 1u << (token % 32u);
}
