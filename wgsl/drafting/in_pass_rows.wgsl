// Lays out the rows of a pass that verifies a tree and has pseudo rows of its first nodes: the nodes'
// rows as they are, then per step the pseudo rows of nodes 0 … IN_PASS_NODES − 1. The pseudo row of step i (from 0)
// stands i + 1 positions after its node and sees what the node sees, the node, the node's pseudo rows
// of the steps before, and itself. Rows of nodes that the tree does not have are there all the same;
// none of the others sees them. What the first nodes are on entering the layer is kept.

override NODES: u32; // Room in the tree, the root included.
override IN_PASS_NODES: u32;
override STEPS: u32; // Steps that take part.
override TREE_SLOT: u32; // Cache slot of node n is TREE_SLOT + n; the root's is its position.
override PSEUDO_SLOT: u32; // Cache slot of the first pseudo row; the others follow in order.
override NODE_ANCESTORS: u32; // Room for ancestors per node.
override ANCESTORS: u32; // Room for ancestors per row.
override WIDTH: u32; // Length of a row of the residual stream, in vec4.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> nodes: Rows;
// [NODES, NODE_ANCESTORS].
@group(0) @binding(1) var<storage, read> node_ancestors: array<u32>;
// [NODES + STEPS · IN_PASS_NODES]; the token of a pseudo row is its node.
@group(0) @binding(2) var<storage, read_write> rows: Rows;
// [rows, ANCESTORS].
@group(0) @binding(3) var<storage, read_write> ancestors: array<u32>;
// [NODES, WIDTH], the residual stream.
@group(0) @binding(4) var<storage, read> source: array<vec4f>;
// [IN_PASS_NODES, WIDTH].
@group(0) @binding(5) var<storage, read_write> kept: array<vec4f>;

fn ancestor(node: u32, depth: u32) -> u32 {
  return node_ancestors[node * NODE_ANCESTORS + depth];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) invocation: vec3u) {
  let row = invocation.x;
  let node_count = nodes.count;
  if (row < WIDTH * min(node_count, IN_PASS_NODES)) {
    kept[row] = source[row];
  }
  let count = select(0u, NODES + STEPS * IN_PASS_NODES, node_count > 0u);
  if (row == 0u) {
    rows.count = count;
  }
  if (row >= count) {
    return;
  }
  let is_node = row < NODES;
  let node = select((row - NODES) % IN_PASS_NODES, row, is_node);
  let steps = select((row - NODES) / IN_PASS_NODES + 1u, 0u, is_node);
  let slot = select(PSEUDO_SLOT + row - NODES, TREE_SLOT + row, is_node);
  let root = nodes.row[0];
  let origin = nodes.row[node];
  if (node >= node_count) {
    rows.row[row] = Row(node, root.position, slot, root.position + 1u);
    return;
  }
  if (is_node) {
    rows.row[row] = origin;
  } else {
    rows.row[row] = Row(node, origin.position + steps, slot, origin.prefix);
  }
  let depth = origin.position - root.position;
  // Four at a time, whose loads wait together; behind the end the last one comes again.
  for (var a = 0u; a < depth; a += 4u) {
    let b = min(a + 1u, depth - 1u);
    let c = min(a + 2u, depth - 1u);
    let d = min(a + 3u, depth - 1u);
    let four = vec4(ancestor(node, a), ancestor(node, b), ancestor(node, c), ancestor(node, d));
    ancestors[row * ANCESTORS + a] = four.x;
    ancestors[row * ANCESTORS + b] = four.y;
    ancestors[row * ANCESTORS + c] = four.z;
    ancestors[row * ANCESTORS + d] = four.w;
  }
  for (var i = 0u; i < steps; i++) {
    ancestors[row * ANCESTORS + depth + i] = PSEUDO_SLOT + i * IN_PASS_NODES + node;
  }
}
