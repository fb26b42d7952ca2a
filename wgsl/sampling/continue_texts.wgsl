// Gives every text of a batch its next token: that of the prompt while it lasts, then the row's best
// candidate. Row r goes through text r, one position a step, and its slot goes up with its position. A
// row at the last position stays there. One invocation per row.

override CHUNKS: u32; // Candidates per row.
override LENGTH: u32; // Positions of a text.
override SEEN_WORDS: u32;
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read_write> rows: Rows;
// [rows, CHUNKS].
@group(0) @binding(1) var<storage, read> candidates: array<Candidate>;
// [rows]: tokens of each prompt.
@group(0) @binding(2) var<storage, read> prompt_lengths: array<u32>;
// [rows, LENGTH]: the prompt, and what follows it so far.
@group(0) @binding(3) var<storage, read_write> tokens: array<u32>;
// [rows, SEEN_WORDS]: one bit per token of the vocabulary: whether it stands in the text.
@group(0) @binding(4) var<storage, read_write> seen: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  if (row >= rows.count) {
    return;
  }
  let position = rows.row[row].position + 1u;
  if (position >= LENGTH) {
    return;
  }
  let at = row * LENGTH + position;
  if (position >= prompt_lengths[row]) {
    var best = candidates[row * CHUNKS];
    for (var i = 1u; i < CHUNKS; i++) {
      best = better(best, candidates[row * CHUNKS + i]);
    }
    tokens[at] = best.token;
    // The host gives up a text in which no token could be chosen.
    if (best.token != NONE.token) {
      seen[row * SEEN_WORDS + best.token / 32u] |= 1u << (best.token % 32u);
    }
  }
  rows.row[row].token = tokens[at];
  rows.row[row].position = position;
  rows.row[row].slot += 1u;
}
