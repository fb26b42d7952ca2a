// The candidates of each depth as they are found, part by part, and the drafts that are made of them.

override CHUNKS: u32; // Parts of the vocabulary that candidates come from.

// [DEPTH, CHUNKS, RANKS], in descending order within a part.
@group(0) @binding(4) var<storage, read> candidates: array<Candidate>;
// [DEPTH, CHUNKS]: the greatest of a part is the value of its first candidate.
@group(0) @binding(5) var<storage, read> masses: array<Mass>;

// [DEPTH, RANKS]: log probability, in descending order, and token.
var<workgroup> drafts: array<Candidate, ALL_DRAFTS>;

// Makes a candidate the draft of a depth and rank, where `normaliser` is the depth's log Σ exp(logit).
fn put_draft(level: u32, rank: u32, candidate: Candidate, normaliser: f32) {
  let probability = clamp(candidate.value - normaliser, LEAST, 0.0);
  drafts[level * RANKS + rank] = Candidate(probability, candidate.token);
}
