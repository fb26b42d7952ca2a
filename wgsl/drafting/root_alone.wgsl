// Makes the root of the next tree a row that stands alone at position 0 and has no key but its own. After
// the end of the text there is no such row.

@group(0) @binding(0) var<storage, read> rows: Rows;
@group(0) @binding(1) var<storage, read_write> alone: Rows;

@compute @workgroup_size(1)
fn main() {
  alone.count = min(rows.count, 1u);
  alone.row[0] = Row(rows.row[0].token, 0u, 0u, 0u);
}
