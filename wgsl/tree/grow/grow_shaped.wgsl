// Fills the next tree with drafts in a given shape: below the root, which stands in the first row
// already, each node is the candidate of its depth that its place in the shape asks for.

// A node of the shape: the node before it, and which candidate of its depth it drafts.
struct Place { parent: u32, depth: u32, rank: u32 }

// [NODES], parents before children.
@group(0) @binding(7) var<storage, read> shape: array<Place>;

const OTHER_VALUES = 0u; // Nothing is to have room where drafts were found.

var<workgroup> places: array<Place, NODES>;
// Shapes come in any order of depth; a cut leaves no gap because the rest is dropped with it.
var<workgroup> count: atomic<u32>;

fn cut(lane: u32) {
  for (var node = lane + 1u; node < NODES; node += WORKGROUP) {
    if (places[node].depth > depth_limit) {
      atomicMin(&count, node);
    }
  }
}

fn write_tree(lane: u32) {
  let end = atomicLoad(&count);
  for (var node = lane + 1u; node < end; node += WORKGROUP) {
    let place = places[node];
    let token = drafts[(place.depth - 1u) * RANKS + place.rank].token;
    write_node(node, place.parent, place.depth, token);
    var ancestor = node;
    for (var depth = place.depth; depth > 0u; depth--) {
      write_ancestor(node, depth, ancestor);
      ancestor = places[ancestor].parent;
    }
  }
  if (lane == 0u) {
    rows.count = end;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  let last = WORKGROUP - 1u - lane; // The first lanes load the parts.
  if (last == 0u) {
    load_limits();
    atomicStore(&count, NODES);
  }
  for (var node = last; node < NODES; node += WORKGROUP) {
    places[node] = shape[node];
  }
  load_parts(lane);
  if (workgroupUniformLoad(&depth_limit) == 0u) {
    return;
  }
  cut(lane);
  find_drafts(lane);
  write_tree(lane);
}
