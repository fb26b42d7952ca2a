// Fills the next tree with the most probable of two kinds of drafts: the followers' candidates, and the
// tokens that a lookup proposes, a chain below the root. Below a node of the chain its next token is
// one more candidate. Drafts that both kinds propose become one node.
//
// Where the text shared its last n tokens with an earlier place, the chain's i-th token is taken to be
// right with probability (n + i − 1) / (n + i) if those before it are: about what was measured.

const MAX_OPEN = 96u; // A path taken opens its sibling and its child, and the chain has eight tokens.
const CHAIN = 0xffffffffu; // The rank of the chain's own tokens.

struct Proposal { length: u32, shared_tokens: u32, token: array<u32> }

@group(0) @binding(7) var<storage, read> proposal: Proposal;

var<workgroup> open: array<Open, MAX_OPEN>;
var<private> open_count: u32;
// The nodes of the chain that are in the tree, the root first.
var<private> chain: array<u32, 9>;
var<private> chain_depth: u32;

fn open_path(path: Open) {
  open[open_count] = path;
  open_count += 1u;
}

// Takes the most probable of the open paths.
fn take_best() -> Open {
  var best = 0u;
  for (var i = 1u; i < open_count; i++) {
    if (open[i].probability > open[best].probability) {
      best = i;
    }
  }
  let taken = open[best];
  open_count -= 1u;
  open[best] = open[open_count];
  return taken;
}

fn is_on_chain(parent: u32, depth: u32, token: u32) -> bool {
  return depth <= chain_depth + 1u && depth <= proposal.length && parent == chain[depth - 1u] &&
    token == proposal.token[depth - 1u];
}

// Opens what may come below a node.
fn open_children(node: u32, depth: u32, probability: f32, depth_limit: u32) {
  if (depth < depth_limit) {
    open_path(Open(probability + drafts[depth][0].value, node, depth + 1u, 0u));
  }
  if (chain_depth == depth && chain[depth] == node && depth < proposal.length) {
    let shared_tokens = f32(proposal.shared_tokens + depth);
    let conditional = log(shared_tokens / (shared_tokens + 1.0));
    open_path(Open(probability + conditional, node, depth + 1u, CHAIN));
  }
}

fn grow(depth_limit: u32) -> u32 {
  var count = 1u;
  open_children(0u, 0u, 0.0, depth_limit);
  while (count < NODES && open_count > 0u) {
    let taken = take_best();
    let level = taken.depth - 1u;
    var token = 0u;
    if (taken.rank == CHAIN) {
      token = proposal.token[level];
    } else {
      let draft = drafts[level][taken.rank];
      token = draft.token;
      if (taken.rank + 1u < RANKS) {
        let sibling = drafts[level][taken.rank + 1u];
        let probability = taken.probability - draft.value + sibling.value;
        open_path(Open(probability, taken.parent, taken.depth, taken.rank + 1u));
      }
    }
    let is_chain = is_on_chain(taken.parent, taken.depth, token);
    if (is_chain && taken.depth <= chain_depth) {
      continue; // The other kind of draft was there before.
    }
    add_node(count, taken.parent, taken.depth, token);
    if (is_chain) {
      chain_depth = taken.depth;
      chain[chain_depth] = count;
    }
    open_children(count, taken.depth, taken.probability, depth_limit);
    count += 1u;
  }
  return count;
}

@compute @workgroup_size(1)
fn main() {
  if (rows.count == 0u) {
    return;
  }
  let depth_limit = select(0u, min(DEPTH, room_for_drafts()), followers.count > 0u);
  for (var level = 0u; level < depth_limit; level++) {
    merge(level);
  }
  rows.count = grow(depth_limit);
}
