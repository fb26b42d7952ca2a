// A tree of the paths that are most probable together, below the root, which stands in the first row
// already. They are made of the followers' candidates and, if asked for, of a chain of tokens that a
// lookup proposes: below a node of the chain its next token is one more candidate. Drafts that both
// kinds propose become one node. Nodes come in the order of their probability, parents before children;
// of equals the shorter path comes first, then the chain, then that with the first parent, then that of
// the lower rank.
//
// Where the text shared its last n tokens with an earlier place, the chain's i-th token is taken to be
// right with probability (n + i − 1) / (n + i) if those before it are: about what was measured.

override PROPOSED: bool = false; // Whether a lookup proposes tokens.

const CHAIN = 63u; // In place of a rank: the chain's own token.

// Read if PROPOSED.
@group(0) @binding(7) var<storage, read> proposal: Proposal;

// Depth that the tree may have.
var<workgroup> depth: u32;
var<workgroup> chain_length: u32;
var<workgroup> shared_tokens: u32;
var<workgroup> chain_tokens: array<u32, MAX_DEPTH>;

// Loads the limits and the proposal, at once too. The last lanes do it: the first have other things to
// load, and nobody waits twice.
fn load_proposal(lane: u32) {
  let i = WORKGROUP - 1u - lane;
  if (i >= MAX_DEPTH) {
    return;
  }
  var token = 0u;
  var length = 0u;
  if (PROPOSED) {
    token = proposal.token[i];
    length = select(0u, min(proposal.length, MAX_DEPTH), rows.count > 0u);
  }
  if (i == 0u) {
    load_limits();
    depth = max(depth_limit, length);
    chain_length = length;
    shared_tokens = select(0u, proposal.shared_tokens, PROPOSED);
  }
  chain_tokens[i] = token;
}

// Log probability of the chain's token below a node of the chain at this depth.
fn chain_probability(parent_depth: u32) -> f32 {
  let n = f32(shared_tokens + parent_depth);
  return min(0.0, log(n / (n + 1.0)));
}

fn token_of(level: u32, list: u32, rank: u32) -> u32 {
  if (PROPOSED && rank == CHAIN) {
    return chain_tokens[level];
  }
  return child_at(level, list, rank).token;
}
