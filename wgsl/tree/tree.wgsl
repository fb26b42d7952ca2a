// What the kernels that grow the next tree share: the candidates of each depth, one row of them for each
// follower of the last accepted node, and the nodes that are made of them.

override NODES: u32; // Room in the tree, the root included.
override DEPTH: u32; // Followers: depths that there are candidates for.
override CHUNKS: u32; // Parts of the vocabulary that candidates come from.
override RANKS: u32; // Candidates per depth, and per part.
override TREE_SLOT: u32; // Cache slot of node 0 if it had one; node n keeps its key in TREE_SLOT + n.
override ANCESTORS: u32; // Room for ancestors per row.
override WORKGROUP: u32;

override ALL_DRAFTS: u32 = DEPTH * RANKS;

const NEVER = -3.4e38; // Of what is not there; less than eight times LEAST.
const LEAST = -1.0e30;

@group(0) @binding(0) var<storage, read_write> rows: Rows;
// [NODES]: the node before each.
@group(0) @binding(1) var<storage, read_write> parents: array<u32>;
// [NODES, ANCESTORS]: slots of the nodes from the root's first child down to the node itself.
@group(0) @binding(2) var<storage, read_write> ancestors: array<u32>;
@group(0) @binding(3) var<storage, read> followers: Rows;
// [DEPTH, CHUNKS, RANKS], in descending order within a part.
@group(0) @binding(4) var<storage, read> candidates: array<Candidate>;
// [DEPTH, CHUNKS]: the greatest of a part is the value of its first candidate.
@group(0) @binding(5) var<storage, read> masses: array<Mass>;
@group(0) @binding(6) var<storage, read> state: State;

var<workgroup> root_position: u32;
// Depths that candidates are drafts for.
var<workgroup> depth_limit: u32;
// [DEPTH, RANKS]: log probability, in descending order, and token.
var<workgroup> drafts: array<Candidate, ALL_DRAFTS>;

// The last token of the text needs no draft after it. Everything is loaded at once, needed or not.
fn load_limits() {
  let room = state.limit - state.generated - 1u;
  let follows = (rows.count > 0u) & (followers.count > 0u);
  root_position = rows.row[0].position;
  depth_limit = select(0u, min(DEPTH, room), follows);
}

// Makes a candidate the draft of a depth and rank, where `normaliser` is the depth's log Σ exp(logit).
fn put_draft(level: u32, rank: u32, candidate: Candidate, normaliser: f32) {
  let probability = clamp(candidate.value - normaliser, LEAST, 0.0);
  drafts[level * RANKS + rank] = Candidate(probability, candidate.token);
}

// Writes what is known of a node but its ancestors.
fn write_node(node: u32, parent: u32, depth: u32, token: u32) {
  rows.row[node] = Row(token, root_position + depth, TREE_SLOT + node, root_position + 1u);
  parents[node] = parent;
}

// Writes which ancestor a node has at a depth; at its own it is the node itself.
fn write_ancestor(node: u32, depth: u32, ancestor: u32) {
  ancestors[node * ANCESTORS + depth - 1u] = TREE_SLOT + ancestor;
}
