// Lists that each have all candidates of a depth; list 0 of a depth is that of the chain.

fn length_of_list(level: u32, list: u32) -> u32 {
  return RANKS;
}

// The list of what comes after the chain's token of a level.
fn list_after_chain(level: u32) -> u32 {
  for (var rank = 0u; level < depth_limit && rank < RANKS; rank++) {
    if (child_at(level, 0u, rank).token == chain_tokens[level]) {
      return list_after(level, 0u, rank);
    }
  }
  return 0u;
}
