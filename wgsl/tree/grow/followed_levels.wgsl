// A tree has as many depths as rows follow the last accepted node, whose candidates it is made of.

@group(0) @binding(3) var<storage, read> followers: Rows;

// Everything is loaded at once, needed or not.
fn load_limits() {
  root_position = rows.row[0].position;
  depth_limit = select(0u, min(DEPTH, followers.count), rows.count > 0u);
}

// Places of a list at a depth.
fn columns_at(level: u32) -> u32 {
  return RANKS;
}
