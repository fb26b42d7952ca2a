// The context of a row's choice: the text so far, and the drafts between the root of a tree and the
// row, the row itself included.

override TREE: bool = false; // False: every row stands alone, right after the text.
override OWN_TEXTS: bool = false; // Every row has a text and settings of its own.

struct Vocabulary {
  vocabulary: u32, // Tokens.
  logits_stride: u32, // Distance of logit rows, in vec4.
}

@group(0) @binding(20) var<uniform> sizes: Vocabulary;

// See sum_uniform.wgsl: a loop must not be bounded by the uniform alone.
fn vocabulary() -> u32 {
  return sizes.vocabulary + (rows.count >> 31u);
}

// [texts, ⌈vocabulary / 32⌉]: one bit per token of the vocabulary: whether it stands in the text so far.
@group(0) @binding(3) var<storage, read> seen: array<u32>;
// [rows]: the node before each; the root is row 0.
@group(0) @binding(6) var<storage, read> parents: array<u32>;

const_assert MAX_DEPTH == 8u; // are_on_path() is written out for it.
const NO_TOKEN = 0xffffffffu;

// The text of a row, among those that have settings.
fn text_of(row: u32) -> u32 {
  return select(0u, row, OWN_TEXTS);
}

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

// The logits of the four tokens from `first` on, a multiple of 4, with the repetition penalty for those
// that stand in the context.
fn penalised(logits: vec4f, text: u32, first: u32, path: array<u32, MAX_DEPTH>, penalty: f32) -> vec4f {
  let tokens = vec4(first) + vec4(0u, 1u, 2u, 3u);
  let word = seen[text * ((sizes.vocabulary + 31u) / 32u) + first / 32u];
  let in_text = ((vec4(word) >> (tokens % vec4(32u))) & vec4(1u)) == vec4(1u);
  let is_seen = in_text | are_on_path(path, tokens);
  return select(logits, select(logits * penalty, logits / penalty, logits > vec4f()), is_seen);
}
