// Several rows: their pairs are placed when all of them are known, see place_pairs.wgsl.

fn place_pair(i: u32, expert: u32) {}

fn place_none() {}
