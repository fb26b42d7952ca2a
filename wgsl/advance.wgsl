// Ends a plain decoding step: takes the row's best candidate as the next token, records it for the
// host, and makes it the next step's row. After the end of the text the batch has no rows, so that
// the steps already queued do nothing.

override CHUNKS: u32; // Candidates of the row.
override RECORDS: u32; // Steps that the record holds before it wraps.
override RECORD_WORDS: u32; // Words per step.

struct Candidate { value: f32, token: u32 }
// The counters of one decoding. `finish`: 0 while it runs, 1 end of text, 2 limit reached.
struct State { step: u32, generated: u32, limit: u32, finish: u32, end_count: u32, end_tokens: array<u32> }

@group(0) @binding(0) var<storage, read_write> rows: Rows;
@group(0) @binding(1) var<storage, read> candidates: array<Candidate>;
@group(0) @binding(2) var<storage, read_write> state: State;
// One bit per token of the vocabulary: whether it stands in the context.
@group(0) @binding(3) var<storage, read_write> seen: array<u32>;
// [RECORDS, RECORD_WORDS]: number of tokens, finish, then the tokens.
@group(0) @binding(4) var<storage, read_write> records: array<u32>;

@compute @workgroup_size(1)
fn main() {
  let record = state.step % RECORDS * RECORD_WORDS;
  state.step += 1u;
  if (rows.count == 0u) {
    records[record] = 0u;
    records[record + 1u] = state.finish;
    return;
  }
  var best = candidates[0];
  for (var i = 1u; i < CHUNKS; i++) {
    let other = candidates[i];
    if (other.value > best.value || (other.value == best.value && other.token < best.token)) {
      best = other;
    }
  }
  let token = best.token;
  seen[token / 32u] |= 1u << (token % 32u);
  state.generated += 1u;
  if (state.generated >= state.limit) {
    state.finish = 2u;
  }
  for (var i = 0u; i < state.end_count; i++) {
    if (state.end_tokens[i] == token) {
      state.finish = 1u;
    }
  }
  records[record] = 1u;
  records[record + 1u] = state.finish;
  records[record + 2u] = token;
  let position = rows.row[0].position + 1u;
  rows.row[0] = Row(token, position, position, position + 1u);
  rows.count = select(0u, 1u, state.finish == 0u);
}
