// Cuts the tree down to its first nodes. Parents stand before their children, so what is left is a tree;
// where no row is left to run, none is added.

override NODES: u32;

@group(0) @binding(0) var<storage, read_write> rows: Rows;

@compute @workgroup_size(1)
fn main() {
  rows.count = min(rows.count, NODES);
}
