// Pairs of a row and one of its experts, sorted by expert: the rows of the products with the experts' matrices.
// Those of an expert begin a tile of rows and are filled up to whole tiles. In which order they stand is left to
// chance: no pair's numbers depend on it. One workgroup.

override WORKGROUP: u32;
override EXPERTS: u32;
override CHOSEN: u32; // Experts of a row.
override TILE_ROWS: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, CHOSEN].
@group(0) @binding(1) var<storage, read> chosen: array<u32>;
// The token is the row, the position the expert; the prefix is 0.
@group(0) @binding(2) var<storage, read_write> pairs: Rows;
// [rows, CHOSEN]: where among the pairs each of them stands.
@group(0) @binding(3) var<storage, read_write> places: array<u32>;

// Pairs of each expert.
var<workgroup> counts: array<atomic<u32>, EXPERTS>;
// Where they begin, and behind them where the last ones end.
var<workgroup> starts: array<u32, EXPERTS + 1u>;

// Numbers the pairs of each expert.
fn count_pairs(lane: u32) {
  for (var i = lane; i < rows.count * CHOSEN; i += WORKGROUP) {
    places[i] = atomicAdd(&counts[chosen[i]], 1u);
  }
}

fn find_starts() {
  var start = 0u;
  for (var expert = 0u; expert < EXPERTS; expert++) {
    starts[expert] = start;
    start += (atomicLoad(&counts[expert]) + TILE_ROWS - 1u) / TILE_ROWS * TILE_ROWS;
  }
  starts[EXPERTS] = start;
  pairs.count = start;
}

fn place_pairs(lane: u32) {
  for (var i = lane; i < rows.count * CHOSEN; i += WORKGROUP) {
    let expert = chosen[i];
    let place = starts[expert] + places[i];
    pairs.row[place] = Row(i / CHOSEN, expert, place, 0u);
    places[i] = place;
  }
}

// What is missing to whole tiles: the first row once more, known by its prefix.
fn fill_tiles(lane: u32) {
  for (var expert = lane; expert < EXPERTS; expert += WORKGROUP) {
    let end = starts[expert + 1u];
    for (var place = starts[expert] + atomicLoad(&counts[expert]); place < end; place++) {
      pairs.row[place] = Row(0u, expert, place, 1u);
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  count_pairs(lane);
  workgroupBarrier();
  if (lane == 0u) {
    find_starts();
  }
  workgroupBarrier();
  place_pairs(lane);
  fill_tiles(lane);
}
