// What the kernels that grow the next tree share: the nodes that are made of the candidates.

override NODES: u32; // Room in the tree, the root included.

struct NodePlaces {
  tree_slot: u32, // Cache slot of node 0 if it had one; node n keeps its key in that + n.
  ancestors: u32, // Room for ancestors per row.
}

@group(0) @binding(20) var<uniform> places_of_nodes: NodePlaces;

@group(0) @binding(0) var<storage, read_write> rows: Rows;
// [NODES]: the node before each.
@group(0) @binding(1) var<storage, read_write> parents: array<u32>;
// [NODES, room for ancestors]: slots of the nodes from the root's first child down to the node itself.
@group(0) @binding(2) var<storage, read_write> ancestors: array<u32>;

var<workgroup> root_position: u32;

// Writes what is known of a node but its ancestors.
fn write_node(node: u32, parent: u32, depth: u32, token: u32) {
  rows.row[node] = Row(token, root_position + depth, places_of_nodes.tree_slot + node, root_position + 1u);
  parents[node] = parent;
}

// Writes which ancestor a node has at a depth; at its own it is the node itself.
fn write_ancestor(node: u32, depth: u32, ancestor: u32) {
  ancestors[node * places_of_nodes.ancestors + depth - 1u] = places_of_nodes.tree_slot + ancestor;
}
