// Grows the tree of the most probable paths one path after the other, for devices with few lanes: a path
// that is taken opens its next sibling and its first child. Where rows that are not there save time, the
// tree ends behind its last node that is worth them.

override WORTH: f32 = 0; // How many right drafts a row of a pass has to be worth; 0 keeps all nodes.

const MAX_OPEN = 96u; // A path taken opens its sibling and its child, and the chain has eight tokens.

// A path that could be taken next: logarithm of its probability, its place among equals, the parent, the
// rank of its last draft.
struct Open { probability: f32, order: u32, parent: u32, rank: u32 }

var<workgroup> open: array<Open, MAX_OPEN>;
var<private> open_count: u32;
// Of the nodes in the tree.
var<workgroup> probabilities: array<f32, MAX_NODES>;
// Which list has the candidates after each of them.
var<workgroup> lists: array<u32, MAX_NODES>;
// The nodes of the chain that are in the tree, the root first.
var<workgroup> chain: array<u32, MAX_DEPTH + 1u>;
var<private> chain_depth: u32;

fn depth_of(path: Open) -> u32 {
  return path.order / 65536u;
}

// Opens a path below a parent, if there is a draft of that rank.
fn open_path(parent: u32, depth: u32, rank: u32) {
  var path = Open(probabilities[parent], depth * 65536u, parent, rank);
  if (PROPOSED && rank == CHAIN) {
    path.probability += chain_probability(depth - 1u);
  } else if (rank >= length_of_list(depth - 1u, lists[parent])) {
    return;
  } else {
    path.probability += child_at(depth - 1u, lists[parent], rank).value;
    path.order += 1u + parent * 256u + rank;
  }
  open[open_count] = path;
  open_count += 1u;
}

// Takes the most probable of the open paths.
fn take_best() -> Open {
  var best = 0u;
  var probability = open[0].probability;
  var order = open[0].order;
  for (var i = 1u; i < open_count; i++) {
    let other = open[i].probability;
    let other_order = open[i].order;
    if (other > probability || (other == probability && other_order < order)) {
      best = i;
      probability = other;
      order = other_order;
    }
  }
  let taken = open[best];
  open_count -= 1u;
  open[best] = open[open_count];
  return taken;
}

fn is_on_chain(parent: u32, depth: u32, token: u32) -> bool {
  return depth <= chain_depth + 1u && depth <= chain_length && parent == chain[depth - 1u] &&
    token == chain_tokens[depth - 1u];
}

// The list of what comes after a path.
fn list_after_path(path: Open) -> u32 {
  let level = depth_of(path) - 1u;
  if (PROPOSED && path.rank == CHAIN) {
    return list_after_chain(level, lists[path.parent]);
  }
  return list_after(level, lists[path.parent], path.rank);
}

// Opens what may come below a node.
fn open_children(node: u32, depth: u32) {
  if (depth < depth_limit) {
    open_path(node, depth + 1u, 0u);
  }
  if (PROPOSED && depth < chain_length && depth == chain_depth && node == chain[depth]) {
    open_path(node, depth + 1u, CHAIN);
  }
}

fn add_node(node: u32, parent: u32, depth: u32, token: u32) {
  write_node(node, parent, depth, token);
  let room = places_of_nodes.ancestors;
  for (var i = 0u; i + 1u < depth; i++) {
    ancestors[node * room + i] = ancestors[parent * room + i];
  }
  write_ancestor(node, depth, node);
}

fn grow() -> u32 {
  var count = 1u;
  open_children(0u, 0u);
  while (count < NODES && open_count > 0u) {
    let taken = take_best();
    let depth = depth_of(taken);
    if (taken.rank != CHAIN) {
      open_path(taken.parent, depth, taken.rank + 1u);
    }
    let token = token_of(depth - 1u, lists[taken.parent], taken.rank);
    let is_chain = PROPOSED && is_on_chain(taken.parent, depth, token);
    if (is_chain && depth <= chain_depth) {
      continue; // The other kind of draft was there before.
    }
    add_node(count, taken.parent, depth, token);
    probabilities[count] = taken.probability;
    lists[count] = list_after_path(taken);
    if (is_chain) {
      chain_depth = depth;
      chain[chain_depth] = count;
    }
    open_children(count, depth);
    count += 1u;
  }
  return count;
}

// Rows that a pass has the time of where so many of its NODES are there, see matmul_subgroup8.wgsl.
fn rows_computed(count: u32) -> u32 {
  if (count <= 2u) {
    return count;
  }
  return select(NODES, min(4u, NODES), count <= 4u);
}

// How many of the first nodes to keep, so that the drafts among them that are right, as far as their
// probabilities tell, less what the rows are worth, are most.
fn worthwhile(count: u32) -> u32 {
  var kept = 1u;
  var greatest = 0.0;
  var right = 0.0;
  for (var i = 1u; i < count; i++) {
    right += exp(probabilities[i]);
    let surplus = right - WORTH * f32(rows_computed(i + 1u) - 1u);
    if (surplus >= greatest) {
      greatest = surplus;
      kept = i + 1u;
    }
  }
  return kept;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  load_proposal(lane);
  if (workgroupUniformLoad(&depth) == 0u) {
    return;
  }
  if (workgroupUniformLoad(&depth_limit) > 0u) {
    find_drafts(lane);
    rank_children(lane);
  }
  if (lane == 0u) {
    rows.count = worthwhile(grow());
  }
}
