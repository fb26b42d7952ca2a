// A row without others: its pairs stand in the order of its experts, each in a tile of its own.

// The token is the row, the position the expert.
@group(0) @binding(4) var<storage, read_write> pairs: Rows;
// [CHOSEN]: where among the pairs each of them stands.
@group(0) @binding(5) var<storage, read_write> places: array<u32>;

fn place_pair(i: u32, expert: u32) {
  pairs.row[i] = Row(0u, expert, i, 0u);
  places[i] = i;
  if (i == 0u) {
    pairs.count = CHOSEN;
  }
}

fn place_none() {
  pairs.count = 0u;
}
