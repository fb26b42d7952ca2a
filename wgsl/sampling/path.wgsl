// The drafts that stand between the root of a tree and a row, the row itself included: together with
// the text so far they are the context of the row's choice.

override TREE: bool = false; // False: every row stands alone, right after the text.

// [rows]: the node before each; the root is row 0.
@group(0) @binding(6) var<storage, read> parents: array<u32>;

const_assert MAX_DEPTH == 8u; // are_on_path() is written out for it.
const NO_TOKEN = 0xffffffffu;

fn path_to(row: u32) -> array<u32, MAX_DEPTH> {
  var path = array<u32, MAX_DEPTH>();
  var node = select(0u, row, TREE);
  for (var i = 0u; i < MAX_DEPTH; i++) {
    path[i] = select(rows.row[node].token, NO_TOKEN, node == 0u);
    node = select(parents[node], 0u, node == 0u);
  }
  return path;
}

// Which of four tokens stand on the path.
fn are_on_path(path: array<u32, MAX_DEPTH>, tokens: vec4u) -> vec4<bool> {
  return (((tokens == vec4(path[0])) | (tokens == vec4(path[1]))) |
          ((tokens == vec4(path[2])) | (tokens == vec4(path[3])))) |
         (((tokens == vec4(path[4])) | (tokens == vec4(path[5]))) |
          ((tokens == vec4(path[6])) | (tokens == vec4(path[7]))));
}
