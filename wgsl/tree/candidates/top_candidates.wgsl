// Candidates: the greatest logits of each chunk of a row, in descending order, ties by the lower token,
// and the chunk's part of the softmax's sum. One workgroup per chunk and row.

override VOCABULARY: u32;
override CHUNK: u32; // Tokens per workgroup.
override CHUNKS: u32; // Workgroups per row.
override RANKS: u32; // Candidates to find per chunk.
override LOGITS_STRIDE: u32; // Distance of logit rows, in vec4; CHUNK is a multiple of 4.
override LISTED: bool = false; // Whether `tokens` says which token each logit is of.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, CHUNKS, RANKS].
@group(0) @binding(1) var<storage, read_write> candidates: array<Candidate>;
// [rows, CHUNKS].
@group(0) @binding(2) var<storage, read_write> masses: array<Mass>;
// [rows, LOGITS_STRIDE].
@group(0) @binding(4) var<storage, read_write> logits: array<vec4f>;
// [VOCABULARY], ascending; read if LISTED.
@group(0) @binding(5) var<storage, read> tokens: array<u32>;

// What is said of the token with the logit of this number.
fn weighed(logit: Candidate) -> Candidate {
  if (logit.token == NONE.token) {
    return NONE;
  }
  var token = logit.token;
  if (LISTED) {
    token = tokens[token];
  }
  return Candidate(weight() * logit.value, token);
}
