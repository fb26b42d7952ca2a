// Makes the next tree a chain of the proposed tokens below the root, which stands in the first row
// already.

override TREE_SLOT: u32; // Cache slot of node 0 if it had one; node n keeps its key in TREE_SLOT + n.

struct Proposal { length: u32, shared_tokens: u32, token: array<u32> }

@group(0) @binding(0) var<storage, read_write> rows: Rows;
@group(0) @binding(1) var<storage, read> proposal: Proposal;

@compute @workgroup_size(1)
fn main() {
  if (rows.count == 0u) {
    return;
  }
  let root = rows.row[0].position;
  for (var node = 1u; node <= proposal.length; node++) {
    rows.row[node] = Row(proposal.token[node - 1u], root + node, TREE_SLOT + node, root + 1u);
  }
  rows.count = 1u + proposal.length;
}
