// Lists that each have all candidates of a depth. Of depths without candidates they have what is said after
// each parent.

fn length_of_list(level: u32, list: u32) -> u32 {
  var length = columns_at(level);
  while (level >= DEPTH && length > 0u && child_at(level, list, length - 1u).token == NONE.token) {
    length--;
  }
  return length;
}

// The list of what comes after the chain's token of a level, below a node with this list.
fn list_after_chain(level: u32, list: u32) -> u32 {
  let own = select(list, 0u, level < DEPTH); // List 0 is there for parents that are no candidates.
  for (var rank = 0u; level < depth_limit && rank < columns_at(level); rank++) {
    if (child_at(level, own, rank).token == chain_tokens[level]) {
      return list_after(level, own, rank);
    }
  }
  return 0u;
}
