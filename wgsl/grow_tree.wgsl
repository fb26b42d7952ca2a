// Fills the next tree with drafts: below the root, which stands in the first row already, the paths
// through the followers' candidates that are most probable together, or those of a given shape.
// Nodes come in the order of their probability, parents before children.

override SHAPED: bool = false; // Whether the tree's shape is given.

// A node of a given shape: the node before it, and which candidate of its depth it drafts.
struct Place { parent: u32, depth: u32, rank: u32 }

// [NODES], parents before children; read if SHAPED.
@group(0) @binding(7) var<storage, read> shape: array<Place>;

var<workgroup> open: array<Open, 65>;

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
  let depth_limit = min(DEPTH, room_for_drafts());
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
