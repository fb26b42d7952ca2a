// Pairs of a row and one of its experts, in ascending order of the experts and, for each of them, of the rows:
// the rows of the products with the experts' matrices. Those of an expert begin a tile of rows and are filled
// up to whole tiles with one of them again. One workgroup.

override WORKGROUP: u32;
override EXPERTS: u32;
override CHOSEN: u32; // Experts of a row.
override TILE_ROWS: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, CHOSEN].
@group(0) @binding(1) var<storage, read> chosen: array<u32>;
// The token is the row, the position the expert.
@group(0) @binding(2) var<storage, read_write> pairs: Rows;
// [rows, CHOSEN]: where among the pairs each of them stands.
@group(0) @binding(3) var<storage, read_write> places: array<u32>;

// Pairs of each expert, in whole tiles.
var<workgroup> padded: array<u32, EXPERTS>;

fn count_pairs(expert: u32) -> u32 {
  var count = 0u;
  for (var row = 0u; row < rows.count; row++) {
    for (var i = 0u; i < CHOSEN; i++) {
      count += u32(chosen[row * CHOSEN + i] == expert);
    }
  }
  return count;
}

fn place_expert(expert: u32, start: u32) {
  var place = start;
  var last_row = 0u;
  for (var row = 0u; row < rows.count; row++) {
    for (var i = 0u; i < CHOSEN; i++) {
      if (chosen[row * CHOSEN + i] == expert) {
        pairs.row[place] = Row(row, expert, place, 0u);
        places[row * CHOSEN + i] = place;
        last_row = row;
        place++;
      }
    }
  }
  for (; place < start + padded[expert]; place++) {
    pairs.row[place] = Row(last_row, expert, place, 0u);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  for (var expert = lane; expert < EXPERTS; expert += WORKGROUP) {
    padded[expert] = (count_pairs(expert) + TILE_ROWS - 1u) / TILE_ROWS * TILE_ROWS;
  }
  workgroupBarrier();
  var start = 0u;
  for (var expert = 0u; expert < EXPERTS; expert++) {
    if (expert % WORKGROUP == lane) {
      place_expert(expert, start);
    }
    start += padded[expert];
  }
  if (lane == 0u) {
    pairs.count = start;
  }
}
