// Fills the next tree with drafts: below the root, which stands in the first row already, the paths
// through the followers' candidates that are most probable together, or those of a given shape.
// Nodes come in the order of their probability, parents before children.

override NODES: u32; // Room in the tree, the root included.
override DEPTH: u32; // Followers: drafts on a path.
override CHUNKS: u32; // Parts of the vocabulary that candidates come from.
override RANKS: u32; // Candidates per depth, and per part.
override TREE_SLOT: u32; // Cache slot of node 0 if it had one; node n keeps its key in TREE_SLOT + n.
override ANCESTORS: u32; // Room for ancestors per row.
override SHAPED: bool = false; // Whether the tree's shape is given.

const MAX_DEPTH = 8u;
const MAX_RANKS = 32u;
const MAX_CHUNKS = 64u;

struct Candidate { value: f32, token: u32 }
struct Mass { greatest: f32, sum: f32 }
struct State { step: u32, generated: u32, limit: u32, finish: u32, end_count: u32, end_tokens: array<u32> }
// A node of a given shape: the node before it, and which candidate of its depth it drafts.
struct Place { parent: u32, depth: u32, rank: u32 }

@group(0) @binding(0) var<storage, read_write> rows: Rows;
// [NODES]: the node before each.
@group(0) @binding(1) var<storage, read_write> parents: array<u32>;
// [NODES, ANCESTORS]: slots of the nodes from the root's first child down to the node itself.
@group(0) @binding(2) var<storage, read_write> ancestors: array<u32>;
@group(0) @binding(3) var<storage, read> followers: Rows;
// [DEPTH, CHUNKS, RANKS], in descending order within a chunk.
@group(0) @binding(4) var<storage, read> candidates: array<Candidate>;
// [DEPTH, CHUNKS].
@group(0) @binding(5) var<storage, read> masses: array<Mass>;
@group(0) @binding(6) var<storage, read> state: State;
// [NODES], parents before children; read if SHAPED.
@group(0) @binding(7) var<storage, read> shape: array<Place>;

// A path that could be taken next: the parent, the depth below the root, the candidate, and the
// logarithm of the path's probability.
struct Open { probability: f32, parent: u32, depth: u32, rank: u32 }

// Log probability and token by depth − 1 and rank.
var<workgroup> drafts: array<array<Candidate, MAX_RANKS>, MAX_DEPTH>;
var<workgroup> open: array<Open, 65>;

// Merges the parts' candidates of one depth into `drafts`.
fn merge(level: u32) {
  var greatest = -3.4e38;
  for (var c = 0u; c < CHUNKS; c++) {
    greatest = max(greatest, masses[level * CHUNKS + c].greatest);
  }
  var sum = 0.0;
  for (var c = 0u; c < CHUNKS; c++) {
    let mass = masses[level * CHUNKS + c];
    sum += mass.sum * exp(mass.greatest - greatest);
  }
  let normaliser = greatest + log(sum);
  var next = array<u32, MAX_CHUNKS>();
  for (var rank = 0u; rank < RANKS; rank++) {
    var best = Candidate(-3.4e38, 0xffffffffu);
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
    drafts[level][rank] = Candidate(best.value - normaliser, best.token);
  }
}

// Appends a node below its parent.
fn add_node(node: u32, parent: u32, depth: u32, token: u32) {
  let root = rows.row[0].position;
  rows.row[node] = Row(token, root + depth, TREE_SLOT + node, root + 1u);
  parents[node] = parent;
  for (var i = 0u; i + 1u < depth; i++) {
    ancestors[node * ANCESTORS + i] = ancestors[parent * ANCESTORS + i];
  }
  ancestors[node * ANCESTORS + depth - 1u] = TREE_SLOT + node;
}

fn grow_shaped(depth_limit: u32) -> u32 {
  var count = 1u;
  for (var node = 1u; node < NODES; node++) {
    let place = shape[node];
    // Shapes come in any order of depth; a cut leaves no gap because the rest is dropped with it.
    if (place.depth > depth_limit) {
      break;
    }
    add_node(node, place.parent, place.depth, drafts[place.depth - 1u][place.rank].token);
    count = node + 1u;
  }
  return count;
}

fn grow_most_probable(depth_limit: u32) -> u32 {
  var count = 1u;
  var open_count = 1u;
  open[0] = Open(drafts[0][0].value, 0u, 1u, 0u);
  loop {
    if (count == NODES || open_count == 0u) {
      break;
    }
    var best = 0u;
    for (var i = 1u; i < open_count; i++) {
      if (open[i].probability > open[best].probability) {
        best = i;
      }
    }
    let taken = open[best];
    let draft = drafts[taken.depth - 1u][taken.rank];
    add_node(count, taken.parent, taken.depth, draft.token);
    // In the place of the path taken comes its next sibling, behind all its first child.
    open_count -= 1u;
    open[best] = open[open_count];
    if (taken.rank + 1u < RANKS) {
      let sibling = drafts[taken.depth - 1u][taken.rank + 1u];
      let probability = taken.probability - draft.value + sibling.value;
      open[open_count] = Open(probability, taken.parent, taken.depth, taken.rank + 1u);
      open_count += 1u;
    }
    if (taken.depth < depth_limit) {
      let child = drafts[taken.depth][0];
      open[open_count] = Open(taken.probability + child.value, count, taken.depth + 1u, 0u);
      open_count += 1u;
    }
    count += 1u;
  }
  return count;
}

@compute @workgroup_size(1)
fn main() {
  if (rows.count == 0u || followers.count == 0u) {
    return;
  }
  // The last token of the text needs no draft after it.
  let depth_limit = min(DEPTH, state.limit - state.generated - 1u);
  if (depth_limit == 0u || NODES == 1u) {
    return;
  }
  for (var level = 0u; level < depth_limit; level++) {
    merge(level);
  }
  if (SHAPED) {
    rows.count = grow_shaped(depth_limit);
  } else {
    rows.count = grow_most_probable(depth_limit);
  }
}
