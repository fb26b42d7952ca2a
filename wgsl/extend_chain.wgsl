// Ends a pass of the model that drafts: the token that it chose becomes the next node of the tree, a
// chain, and the row of its next pass. After a token that it gives little probability, or at the end of
// the room for drafts, it has no row any more, so that the passes that are still queued do nothing.

override CHUNKS: u32; // Candidates of the row.
override MASSES: u32; // Parts of the vocabulary that the softmax's sum comes in.
override DRAFTS: u32; // Most drafts in the chain.
override TREE_SLOT: u32; // Cache slot of node 0 if it had one; node n keeps its key in TREE_SLOT + n.
override CONFIDENCE: f32; // Least probability of a token that another is drafted after; 0 asks for none.

struct Candidate { value: f32, token: u32 }
// Σ exp(logit − greatest) over a part.
struct Mass { greatest: f32, sum: f32 }
struct State { step: u32, generated: u32, limit: u32, finish: u32, end_count: u32, end_tokens: array<u32> }

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

fn choice() -> u32 {
  var best = candidates[0];
  for (var i = 1u; i < CHUNKS; i++) {
    let other = candidates[i];
    if (other.value > best.value || (other.value == best.value && other.token < best.token)) {
      best = other;
    }
  }
  return best.token;
}

fn probability_of(token: u32) -> f32 {
  let logit = logits[token];
  var sum = 0.0; // Σ exp(logit of each token − the token's own).
  for (var i = 0u; i < MASSES; i++) {
    sum += masses[i].sum * exp(masses[i].greatest - logit);
  }
  return 1.0 / sum;
}

@compute @workgroup_size(1)
fn main() {
  if (draft_rows.count == 0u) {
    return;
  }
  let token = choice();
  let node = rows.count;
  let root = rows.row[0].position;
  let row = Row(token, root + node, TREE_SLOT + node, root + 1u);
  rows.row[node] = row;
  rows.count = node + 1u;
  draft_rows.row[0] = row;
  draft_seen[token / 32u] |= 1u << (token % 32u);
  // The last token of the text needs no draft after it.
  var goes_on = node < min(DRAFTS, state.limit - state.generated - 1u);
  if (CONFIDENCE > 0.0) {
    goes_on = goes_on && probability_of(token) >= CONFIDENCE;
  }
  draft_rows.count = select(0u, 1u, goes_on);
}
