// Growing the next tree: candidates per depth, one row of them for each follower of the last accepted
// node, and nodes that are appended below one another.

override NODES: u32; // Room in the tree, the root included.
override DEPTH: u32; // Followers: depths that there are candidates for.
override CHUNKS: u32; // Parts of the vocabulary that candidates come from.
override RANKS: u32; // Candidates per depth, and per part.
override TREE_SLOT: u32; // Cache slot of node 0 if it had one; node n keeps its key in TREE_SLOT + n.
override ANCESTORS: u32; // Room for ancestors per row.

const MAX_DEPTH = 8u;
const MAX_RANKS = 32u;
const MAX_CHUNKS = 64u;

struct Candidate { value: f32, token: u32 }
struct Mass { greatest: f32, sum: f32 }
struct State { step: u32, generated: u32, limit: u32, finish: u32, end_count: u32, end_tokens: array<u32> }

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

// A path that could be taken next: the parent, the depth below the root, the candidate, and the
// logarithm of the path's probability.
struct Open { probability: f32, parent: u32, depth: u32, rank: u32 }

// Log probability and token by depth − 1 and rank.
var<workgroup> drafts: array<array<Candidate, MAX_RANKS>, MAX_DEPTH>;

// How many depths the tree may have: the last token of the text needs no draft after it.
fn room_for_drafts() -> u32 {
  return state.limit - state.generated - 1u;
}

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
