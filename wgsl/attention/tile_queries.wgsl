// The queries of a tile of rows of plain text: those of neighbouring rows, and of HEADS heads of each that
// share a key-value head. Workgroups that follow each other have the same heads and other rows, so that they
// find keys and values in a cache.

override ROWS: u32; // Neighbouring rows of a workgroup.

// One of the tile's queries; where there is none, the tile's first takes its place and is not written.
struct Query { is_there: bool, index: u32, position: u32 }

fn query_of(place: u32, group: vec3u) -> Query {
  let row = group.x * ROWS + place / HEADS;
  let is_there = place < ROWS * HEADS && row < rows.count;
  let chosen = select(group.x * ROWS, row, is_there);
  let index = chosen * all_heads() + group.y * HEADS + place % HEADS;
  return Query(is_there, index, rows.row[chosen].position);
}
