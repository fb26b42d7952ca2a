// Makes the next tree a chain of the proposed tokens below the root, which stands in the first row
// already.

override TREE_SLOT: u32; // Cache slot of node 0 if it had one; node n keeps its key in TREE_SLOT + n.
override WORKGROUP: u32; // At least as many as tokens can be proposed.

@group(0) @binding(0) var<storage, read_write> rows: Rows;
@group(0) @binding(1) var<storage, read> proposal: Proposal;

// One lane per token.
@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  let count = rows.count;
  let root = rows.row[0].position;
  let length = proposal.length;
  workgroupBarrier(); // All have read the count.
  if (count == 0u) {
    return;
  }
  let node = lane + 1u;
  if (node <= length) {
    rows.row[node] = Row(proposal.token[lane], root + node, TREE_SLOT + node, root + 1u);
  }
  if (lane == 0u) {
    rows.count = 1u + length;
  }
}
