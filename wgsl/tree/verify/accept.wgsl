// Ends a decoding step. Walks the tree of drafts from the root along the model's own choices, records
// the tokens for the host, makes the last choice the next root, notes which keys and values to keep,
// and places the rows that follow the last accepted node, from which the next drafts come. After the
// end of the text the batches have no rows, so that the steps already queued do nothing.
//
// A load from storage takes long, and one that waits for another twice as long: so all lanes first load
// everything about the nodes, each its own, and one lane then walks through workgroup memory.

override WORKGROUP: u32;

// The i-th follower of node n is made from row source_row + i · source_stride + n.
struct StepSizes {
  chunks: u32, // Candidates per node.
  records: u32, // Steps that are recorded before the first is written over.
  followers: u32, // Rows that follow the last accepted node, at most.
  follower_slot: u32, // Cache slot of the first of them.
  source_row: u32,
  source_stride: u32,
  followed_nodes: u32, // Nodes from here on have no followers.
  is_chosen_alone: u32, // Whether the chosen token is made a row without context, too.
  recycles: u32, // Whether the choices are kept for later drafts.
}

@group(0) @binding(20) var<uniform> sizes: StepSizes;

// The nodes of the tree; the root is the first row.
@group(0) @binding(0) var<storage, read_write> rows: Rows;
// [nodes]: the node before each, always an earlier one.
@group(0) @binding(1) var<storage, read> parents: array<u32>;
// [nodes, chunks].
@group(0) @binding(2) var<storage, read> candidates: array<Candidate>;
@group(0) @binding(3) var<storage, read_write> state: State;
// One bit per token of the vocabulary: whether it stands in the context.
@group(0) @binding(4) var<storage, read_write> seen: array<atomic<u32>>;
// [steps that are recorded].
@group(0) @binding(5) var<storage, read_write> records: array<Record>;
@group(0) @binding(6) var<storage, read_write> moves: Moves;
@group(0) @binding(7) var<storage, read_write> followers: Rows;
// The chosen token at position 0, in slot 0; written if it is asked for.
@group(0) @binding(8) var<storage, read_write> alone: Rows;
// Choices are kept in it if it is asked for.
@group(0) @binding(9) var<storage, read_write> proposal: Proposal;

// What the model chooses after each node, and what the node itself is.
var<workgroup> choices: array<u32, MAX_NODES>;
var<workgroup> tokens: array<u32, MAX_NODES>;
var<workgroup> slots: array<u32, MAX_NODES>;
var<workgroup> node_parents: array<u32, MAX_NODES>;
// The first child that drafts the choice; MAX_NODES if there is none.
var<workgroup> next_nodes: array<atomic<u32>, MAX_NODES>;
var<workgroup> end_tokens: array<u32, MAX_END_TOKENS>;

// Four candidates at a time, whose loads wait together; behind the end the last one comes again.
fn choice_of(node: u32) -> u32 {
  let first = node * sizes.chunks;
  let last = first + sizes.chunks - 1u;
  var best = candidates[first];
  for (var i = first + 1u; i <= last; i += 4u) {
    let a = better(candidates[i], candidates[min(i + 1u, last)]);
    let b = better(candidates[min(i + 2u, last)], candidates[min(i + 3u, last)]);
    best = better(best, better(a, b));
  }
  return best.token;
}

fn ends_text(token: u32, end_count: u32) -> bool {
  for (var i = 0u; i < end_count; i++) {
    if (end_tokens[i] == token) {
      return true;
    }
  }
  return false;
}

fn keep_choice(before: u32, newest: u32, choice: u32) {
  let hash = hash_of_words(newest, before);
  proposal.choices[place_of_choice(hash)] = choice | (hash & ~ABSENT_TOKEN);
}

// Keeps what the model chooses after each node, by the last two tokens and by the last alone. One lane does it,
// so that of two choices with the same place it is always the later node's that stays.
fn keep_choices(count: u32) {
  for (var node = 0u; node < count; node++) {
    let choice = choices[node];
    if (choice == NONE.token) {
      continue;
    }
    var before = tokens[node_parents[node]];
    if (node == 0u) {
      before = proposal.before_root;
    }
    keep_choice(ABSENT_TOKEN, tokens[node], choice);
    keep_choice(before, tokens[node], choice);
  }
}

// Walks from the root, whose position is given, and writes all that the step leaves behind.
fn walk(position_of_root: u32, record: u32) {
  var node = 0u;
  var emitted = 0u;
  var token = 0u;
  var finish = RUNNING;
  let generated = state.generated;
  let limit = state.limit;
  let end_count = state.end_count;
  loop {
    token = choices[node];
    if (token == NONE.token) {
      finish = NO_NUMBER;
      break;
    }
    atomicOr(&seen[token / 32u], 1u << (token % 32u));
    records[record].tokens[emitted] = token;
    emitted += 1u;
    finish = select(RUNNING, LIMIT_REACHED, generated + emitted >= limit);
    if (ends_text(token, end_count)) {
      finish = END_OF_TEXT;
    }
    let next = atomicLoad(&next_nodes[node]);
    if (finish != RUNNING || next == MAX_NODES) {
      break;
    }
    moves.entry[emitted - 1u] = Move(slots[next], position_of_root + emitted);
    node = next;
  }
  moves.count = max(emitted, 1u) - 1u;
  records[record].count = emitted;
  records[record].finish = finish;
  state.generated = generated + emitted;
  state.finish = finish;

  if (sizes.recycles > 0u) {
    proposal.before_root = tokens[node];
  }

  let position = position_of_root + emitted;
  let goes_on = finish == RUNNING;
  rows.row[0] = Row(token, position, position, position + 1u);
  rows.count = select(0u, 1u, goes_on);
  if (sizes.is_chosen_alone > 0u) {
    alone.row[0] = Row(token, 0u, 0u, 0u);
    alone.count = select(0u, 1u, goes_on);
  }
  // The last token of the text needs no draft after it.
  let room = limit - generated - emitted - 1u;
  let follows = goes_on && node < sizes.followed_nodes;
  let follower_count = select(0u, min(sizes.followers, room), follows);
  followers.count = follower_count;
  for (var i = 0u; i < follower_count; i++) {
    let source = sizes.source_row + i * sizes.source_stride + node;
    followers.row[i] = Row(source, position + i, sizes.follower_slot + i, position);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  let count = rows.count;
  let position_of_root = rows.row[0].position;
  let step = state.step;
  for (var node = lane; node < count; node += WORKGROUP) {
    choices[node] = choice_of(node);
    tokens[node] = rows.row[node].token;
    slots[node] = rows.row[node].slot;
    node_parents[node] = parents[node];
    atomicStore(&next_nodes[node], MAX_NODES);
  }
  let end_count = state.end_count;
  for (var i = lane; i < end_count; i += WORKGROUP) {
    end_tokens[i] = state.end_tokens[i];
  }
  workgroupBarrier();
  for (var node = lane + 1u; node < count; node += WORKGROUP) {
    let parent = node_parents[node];
    if (tokens[node] == choices[parent]) {
      atomicMin(&next_nodes[parent], node);
    }
  }
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  let record = step % sizes.records;
  state.step = step + 1u;
  records[record].nodes = count;
  if (count == 0u) {
    moves.count = 0u;
    records[record].count = 0u;
    records[record].finish = state.finish;
    return;
  }
  if (sizes.recycles > 0u) {
    keep_choices(count);
  }
  walk(position_of_root, record);
}
