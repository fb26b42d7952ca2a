// Some of the columns of a matrix as columns of another, as bits: what is stored of a column stands in
// units of a few words, in whichever order they lie.

override UNITS: u32; // Units of a column.
override WORDS: u32; // Words of a unit.
override SIDE_BY_SIDE: u32; // Both matrices: columns whose same units follow each other.
override FIRST_COLUMN: u32; // Where the source's slice begins.
override COLUMNS: u32; // Columns of this slice of the source.
override FIRST_TARGET: u32; // Where the target's slice begins.
override TARGET_COLUMNS: u32; // Columns of the target's slice.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> source: array<u32>;
// Which column of the source each of the target's columns is.
@group(0) @binding(1) var<storage, read> chosen: array<u32>;
@group(0) @binding(2) var<storage, read_write> gathered: array<u32>;

fn place(column: u32, unit: u32) -> u32 {
  return (column / SIDE_BY_SIDE * UNITS + unit) * SIDE_BY_SIDE + column % SIDE_BY_SIDE;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * WORKGROUP + lane;
  if (column >= TARGET_COLUMNS) {
    return;
  }
  let original = chosen[FIRST_TARGET + column] - FIRST_COLUMN;
  if (original >= COLUMNS) { // Of another slice.
    return;
  }
  for (var unit = 0u; unit < UNITS; unit++) {
    let at = WORDS * place(original, unit);
    let to = WORDS * place(column, unit);
    for (var word = 0u; word < WORDS; word++) {
      gathered[to + word] = source[at + word];
    }
  }
}
