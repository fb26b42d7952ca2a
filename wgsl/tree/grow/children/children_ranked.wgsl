// What may come below a node where every parent ranks its children itself: for each depth a list for each
// candidate of the depth before, and list 0 for all other parents, the root among them.

// [depths, RANKS + 1, RANKS]: lists in descending order.
@group(0) @binding(6) var<storage, read_write> children: array<Child>;

// The paths of one length are the cells of a table: its lines are the paths that are one shorter, in
// descending order of probability, and in a line stand the candidates after its path, in such order too.
// The path in line i and column r, from 0, comes after the parents of lines 0 … i, of which the first may be
// the root, and after the cells to its left. So the tree has room for it only if i + r + 2 ≤ NODES.
override LINES: u32 = max(1u, NODES - 1u);
override LONGEST_LINE: u32 = min(RANKS, NODES - 1u);
override CELLS: u32 = max(1u, LONGEST_LINE * (2u * NODES - 1u - LONGEST_LINE) / 2u);
override OTHER_VALUES: u32 = max(SCORES, CELLS + 8u); // What is to have room where drafts were found.

fn length_of_line(line: u32) -> u32 {
  return min(RANKS, NODES - 1u - line);
}

fn place_of_child(level: u32, list: u32, column: u32) -> u32 {
  return (level * (RANKS + 1u) + list) * RANKS + column;
}

// The candidate of a depth in a place of a list.
fn child_at(level: u32, list: u32, column: u32) -> Candidate {
  if (column >= columns_at(level)) {
    return NONE;
  }
  let child = children[place_of_child(level, list, column)];
  return Candidate(child.value, child.token);
}

// The list of what comes after that candidate.
fn list_after(level: u32, list: u32, column: u32) -> u32 {
  return children[place_of_child(level, list, column)].list;
}
