// Starts a chain of drafts: the root of the tree becomes the row of the first drafting pass, unless
// nothing may follow it, and the drafting model's context begins as that of the text.

override SEEN_WORDS: u32;
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
@group(0) @binding(1) var<storage, read> state: State;
// One bit per token of the vocabulary: whether it stands in the context.
@group(0) @binding(2) var<storage, read> seen: array<u32>;
@group(0) @binding(3) var<storage, read_write> draft_rows: Rows;
@group(0) @binding(4) var<storage, read_write> draft_seen: array<u32>;

// One invocation per word.
@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) invocation: vec3u) {
  let word = invocation.x;
  if (word == 0u) {
    // The last token of the text needs no draft after it.
    let goes_on = (rows.count > 0u) & (state.generated + 1u < state.limit);
    draft_rows.count = select(0u, 1u, goes_on);
    draft_rows.row[0] = rows.row[0];
  }
  if (word < SEEN_WORDS) {
    draft_seen[word] = seen[word];
  }
}
