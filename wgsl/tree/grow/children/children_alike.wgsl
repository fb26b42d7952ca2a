// What may come below a node where the candidates of a depth are the same below every parent: one list
// for each depth, list 0.

// The paths of one length are the cells of a table: its lines are the paths that are one shorter, its columns
// the candidates of the depth, both in descending order of probability. The path in line i and column r,
// from 0, comes after the parents of lines 0 … i, and after the other cells of columns 0 … r in these lines.
// So the tree has room for it only if (i + 1)(r + 2) ≤ NODES.
override LINES: u32 = max(1u, NODES / 2u); // Lines that the tree has room for.
override CELLS: u32 = 3u * NODES; // Cells that it has room for are never more.
override OTHER_VALUES: u32 = CELLS + 8u; // What is to have room where drafts were found.

fn length_of_line(line: u32) -> u32 {
  return min(RANKS, NODES / (line + 1u) - 1u);
}

// Nothing: the drafts are ranked already.
fn rank_children(lane: u32) {}

// The candidate of a depth in a place of a list.
fn child_at(level: u32, list: u32, column: u32) -> Candidate {
  return drafts[level * RANKS + column];
}

// The list of what comes after that candidate.
fn list_after(level: u32, list: u32, column: u32) -> u32 {
  return 0u;
}
