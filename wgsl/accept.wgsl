// Ends a decoding step. Walks the tree of drafts from the root along the model's own choices, records
// the tokens for the host, makes the last choice the next root, notes which keys and values to keep,
// and places the rows that follow the last accepted node, from which the next drafts come. After the
// end of the text the batches have no rows, so that the steps already queued do nothing.

override CHUNKS: u32; // Candidates per node.
override RECORDS: u32; // Steps that the record holds before it wraps.
override RECORD_WORDS: u32; // Words per step.
override FOLLOWERS: u32 = 0; // Rows that follow the last accepted node.
override FOLLOWER_SLOT: u32 = 0; // Cache slot of the first of them.
// The i-th follower of node n is made from row SOURCE_ROW + i · SOURCE_STRIDE + n; nodes from
// CARRIERS on have no followers.
override SOURCE_ROW: u32 = 0;
override SOURCE_STRIDE: u32 = 0;
override CARRIERS: u32 = 64;

struct Candidate { value: f32, token: u32 }
// The counters of one decoding. `finish`: 0 while it runs, 1 end of text, 2 limit reached.
struct State { step: u32, generated: u32, limit: u32, finish: u32, end_count: u32, end_tokens: array<u32> }
// A slot whose key and value belong at a position.
struct Move { slot: u32, position: u32 }
struct Moves { count: u32, entry: array<Move> }

// The nodes of the tree; the root is the first row.
@group(0) @binding(0) var<storage, read_write> rows: Rows;
// [nodes]: the node before each, always an earlier one.
@group(0) @binding(1) var<storage, read> parents: array<u32>;
// [nodes, CHUNKS].
@group(0) @binding(2) var<storage, read> candidates: array<Candidate>;
@group(0) @binding(3) var<storage, read_write> state: State;
// One bit per token of the vocabulary: whether it stands in the context.
@group(0) @binding(4) var<storage, read_write> seen: array<u32>;
// [RECORDS, RECORD_WORDS]: number of tokens, finish, then the tokens.
@group(0) @binding(5) var<storage, read_write> records: array<u32>;
@group(0) @binding(6) var<storage, read_write> moves: Moves;
@group(0) @binding(7) var<storage, read_write> followers: Rows;

fn choice_of(node: u32) -> u32 {
  var best = candidates[node * CHUNKS];
  for (var i = 1u; i < CHUNKS; i++) {
    let other = candidates[node * CHUNKS + i];
    if (other.value > best.value || (other.value == best.value && other.token < best.token)) {
      best = other;
    }
  }
  return best.token;
}

// The first child of the node that drafts the token, or 0.
fn child_with(node: u32, token: u32) -> u32 {
  for (var child = node + 1u; child < rows.count; child++) {
    if (parents[child] == node && rows.row[child].token == token) {
      return child;
    }
  }
  return 0u;
}

fn finish_after(token: u32) -> u32 {
  for (var i = 0u; i < state.end_count; i++) {
    if (state.end_tokens[i] == token) {
      return 1u;
    }
  }
  return select(0u, 2u, state.generated >= state.limit);
}

@compute @workgroup_size(1)
fn main() {
  let record = state.step % RECORDS * RECORD_WORDS;
  state.step += 1u;
  moves.count = 0u;
  if (rows.count == 0u) {
    records[record] = 0u;
    records[record + 1u] = state.finish;
    return;
  }
  let root_position = rows.row[0].position;
  var node = 0u;
  var emitted = 0u;
  var token = 0u;
  loop {
    token = choice_of(node);
    seen[token / 32u] |= 1u << (token % 32u);
    records[record + 2u + emitted] = token;
    emitted += 1u;
    state.generated += 1u;
    state.finish = finish_after(token);
    let child = child_with(node, token);
    if (state.finish != 0u || child == 0u) {
      break;
    }
    moves.entry[moves.count] = Move(rows.row[child].slot, root_position + emitted);
    moves.count += 1u;
    node = child;
  }
  records[record] = emitted;
  records[record + 1u] = state.finish;

  let position = root_position + emitted;
  let goes_on = state.finish == 0u;
  rows.row[0] = Row(token, position, position, position + 1u);
  rows.count = select(0u, 1u, goes_on);
  followers.count = select(0u, FOLLOWERS, goes_on && node < CARRIERS);
  for (var i = 0u; i < FOLLOWERS; i++) {
    let source = SOURCE_ROW + i * SOURCE_STRIDE + node;
    followers.row[i] = Row(source, position + i, FOLLOWER_SLOT + i, position);
  }
}
