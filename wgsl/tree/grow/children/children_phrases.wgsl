// What may come below a node where phrases tell: what the model says most often after the last tokens of
// the text and of the node's path, which are one list of the phrases, and what it chose after the last of them
// earlier in this text. With a share s for that choice the others have (1 − s) of their probability, and it has s
// more. Where the text's tokens are drawn, a list's tokens are ranked by the noise to come as well.

@group(0) @binding(3) var<storage, read> state: State;
// [positions]: the tokens of the text.
@group(0) @binding(4) var<storage, read> history: array<u32>;
// [capacity, a power of two].
@group(0) @binding(5) var<storage, read> phrase_slots: array<Slot>;
// [lists, RANKS].
@group(0) @binding(6) var<storage, read> phrases: array<Child>;
override DRAWN: bool = false; // Whether the text's tokens are drawn.

// Read if DRAWN.
@group(0) @binding(8) var<storage, read> settings: Settings;

override ROOM: u32 = RANKS + 1u; // Of a list: phrases and a recycled choice.
override CHILDREN: u32 = NODES * ROOM;

const NOT_LOOKED_UP = 0xffffffffu; // In place of the phrases after a recycled choice.

// [NODES, ROOM]: the list of each node in order of probability, by the node's number, with the list of the
// phrases after each child.
var<workgroup> children: array<Child, CHILDREN>;
var<workgroup> list_lengths: array<u32, NODES>;
// The last two tokens of each node's path, the newest last.
var<workgroup> list_tokens: array<vec2u, NODES>;
var<private> list_count: u32;

fn load_limits() {
  root_position = rows.row[0].position;
  // The last token of the text needs no draft after it.
  depth_limit = select(0u, min(DEPTH, state.limit - state.generated - 1u), rows.count > 0u);
}

// The token so many places after the root on the chain, or before it in the text.
fn token_at(offset: i32) -> u32 {
  if (offset > 0) {
    return chain_tokens[offset - 1];
  }
  let position = i32(root_position) + offset;
  if (position < 0) {
    return ABSENT_TOKEN;
  }
  return history[position];
}

// What of the probability in all a list of so many children has, as a logarithm.
fn log_sum(first: u32, length: u32) -> f32 {
  var greatest = NEVER;
  for (var rank = 0u; rank < min(length, ROOM); rank++) {
    greatest = max(greatest, children[first + rank].value);
  }
  var sum = 0.0;
  for (var rank = 0u; rank < min(length, ROOM); rank++) {
    sum += exp(children[first + rank].value - greatest);
  }
  return greatest + log(sum);
}

// Puts a child in its place among those before it.
fn sort_in(first: u32, rank: u32) {
  let child = children[first + rank];
  var place = rank;
  while (place > 0u && children[first + place - 1u].value < child.value) {
    children[first + place] = children[first + place - 1u];
    place--;
  }
  children[first + place] = child;
}

// Ranks a list by the noise at the position where its tokens may stand. Its probabilities are as they were in
// texts: to sharpen them as the logits of other drafts are sharpened made fewer drafts right.
fn weigh_list(first: u32, length: u32, position: u32) {
  let key = vec2(settings.seed_low, settings.seed_high);
  let before = log_sum(first, length);
  for (var rank = 0u; rank < min(length, ROOM); rank++) {
    let child = children[first + rank];
    let noise = noise_of_token(child.token, position, key);
    children[first + rank].value = fma(settings.temperature, noise, child.value);
  }
  let surplus = log_sum(first, length) - before;
  for (var rank = 0u; rank < min(length, ROOM); rank++) {
    children[first + rank].value = clamp(children[first + rank].value - surplus, LEAST, 0.0);
    sort_in(first, rank);
  }
}

// Gives a choice its share of a list of so many tokens. Returns how many the list has then.
fn add_recycled(first: u32, length: u32, choice: Recent) -> u32 {
  let share = choice.share;
  if (share == 0.0) {
    return length;
  }
  var place = length;
  for (var rank = 0u; rank < min(length, RANKS); rank++) {
    children[first + rank].value += log(1.0 - share);
    if (children[first + rank].token == choice.token) {
      place = rank;
    }
  }
  if (place == length) {
    children[first + place] = Child(log(share), choice.token, NOT_LOOKED_UP);
  } else {
    children[first + place].value = min(0.0, log(exp(children[first + place].value) + share));
  }
  sort_in(first, place);
  return max(length, place + 1u);
}

// Makes the next node's list of one of the phrases, for tokens of this depth; `last` are the last two tokens of
// the node's path. Returns the node's number.
fn add_list(level: u32, phrase: u32, last: vec2u) -> u32 {
  let node = list_count;
  list_count += 1u;
  let first = node * ROOM;
  let choice = recent_choice(last.x, last.y);
  var length = 0u;
  while (length < RANKS && phrases[phrase * RANKS + length].token != NONE.token) {
    children[first + length] = phrases[phrase * RANKS + length];
    length++;
  }
  length = add_recycled(first, length, choice);
  list_lengths[node] = length;
  list_tokens[node] = last;
  if (DRAWN && length > 0u) {
    weigh_list(first, length, root_position + level + 1u);
  }
  return node;
}

fn add_list_after(offset: i32) -> u32 {
  let last = vec3(token_at(offset - 2), token_at(offset - 1), token_at(offset));
  return add_list(u32(offset), list_after_tokens(last.x, last.y, last.z), last.yz);
}

// The root's list.
fn find_drafts(lane: u32) {
  if (lane == 0u) {
    add_list_after(0);
  }
}

// Nothing: a list is ranked when its node is added.
fn rank_children(lane: u32) {}

fn length_of_list(level: u32, list: u32) -> u32 {
  return list_lengths[list];
}

fn child_at(level: u32, list: u32, rank: u32) -> Candidate {
  let child = children[list * ROOM + rank];
  return Candidate(child.value, child.token);
}

// The list of what comes after a child, which is the next node.
fn list_after(level: u32, list: u32, rank: u32) -> u32 {
  let child = children[list * ROOM + rank];
  let last = list_tokens[list];
  var phrase = child.list;
  if (phrase == NOT_LOOKED_UP) {
    phrase = list_after_tokens(last.x, last.y, child.token);
  }
  return add_list(level + 1u, phrase, vec2(last.y, child.token));
}

// The list of what comes after the chain's token of a level, which is the next node.
fn list_after_chain(level: u32, list: u32) -> u32 {
  return add_list_after(i32(level) + 1);
}
