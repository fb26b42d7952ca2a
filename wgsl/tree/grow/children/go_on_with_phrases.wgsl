// Makes lists for the depths after the last one that has candidates, of what is said after the most probable
// paths of the depth before, RANKS of them: list i + 1 comes after path i, and list 0 is empty.

override LEVELS: u32 = max(DEPTH, min(MAX_DEPTH, NODES - 1u)); // Longer paths have no room in the tree.
override COLUMNS: u32 = min(RANKS, PHRASE_WIDTH);

// A path: its log probability, and the list of phrases after it.
struct Ending { probability: f32, phrases: u32 }

// [RANKS]: the most probable paths of a depth, in descending order.
var<workgroup> endings: array<Ending, RANKS>;
// [RANKS, PHRASE_WIDTH]: log probabilities of the paths that are one longer.
var<workgroup> longer: array<f32, PHRASES_AT_ONCE>;

// Places of a list at a depth.
fn columns_at(level: u32) -> u32 {
  return select(RANKS, COLUMNS, level >= DEPTH);
}

// The log probability of a phrase after its path.
fn phrase_value(i: u32) -> f32 {
  if (phrase_tokens[i] == NONE.token) {
    return NEVER;
  }
  if (DRAWN) {
    return max(LEAST, log(drawn_probability(i / PHRASE_WIDTH * PHRASE_WIDTH, i)));
  }
  return phrase_values[i];
}

// The paths to the candidates of the last depth.
fn begin_endings(lane: u32) {
  for (var i = lane; i < RANKS; i += WORKGROUP) {
    let last = last_tokens(DEPTH, i);
    let path = reached[(DEPTH - 1u) * RANKS + i];
    endings[i] = Ending(path.probability, list_after_tokens(last.x, last.y, last.z));
  }
}

fn load_endings(lane: u32, level: u32) {
  for (var i = lane; i < PHRASES_AT_ONCE; i += WORKGROUP) {
    load_phrase(level, i, endings[i / PHRASE_WIDTH].phrases);
  }
}

fn lengthen(lane: u32) {
  for (var i = lane; i < PHRASES_AT_ONCE; i += WORKGROUP) {
    longer[i] = endings[i / PHRASE_WIDTH].probability + phrase_value(i);
  }
}

// Writes what is said after the paths of a depth, and keeps the most probable of those that are one longer.
fn write_endings(lane: u32, level: u32) {
  for (var i = lane; i < PHRASES_AT_ONCE; i += WORKGROUP) {
    let own = longer[i];
    let path = i / PHRASE_WIDTH;
    var place = 0u;
    var column = 0u;
    for (var other = 0u; other < PHRASES_AT_ONCE; other++) {
      let comes_before = before(longer[other], other, own, i);
      place += comes_before;
      column += select(0u, comes_before, other / PHRASE_WIDTH == path);
    }
    let is_kept = place < RANKS && phrase_tokens[i] != NONE.token;
    if (place < RANKS) {
      endings[place] = Ending(own, phrase_lists[i]);
    }
    if (column < COLUMNS) {
      let list = select(0u, place + 1u, is_kept);
      children[place_of_child(level, path + 1u, column)] = Child(phrase_value(i), phrase_tokens[i], list);
    }
  }
  for (var column = lane; column < COLUMNS; column += WORKGROUP) {
    children[place_of_child(level, 0u, column)] = Child(NONE.value, NONE.token, 0u);
  }
}

fn go_on(lane: u32) {
  if (depth_limit > DEPTH) {
    begin_endings(lane);
  }
  for (var level = DEPTH; level < LEVELS; level++) {
    let is_there = level < depth_limit;
    workgroupBarrier();
    if (is_there) {
      load_endings(lane, level);
    }
    workgroupBarrier();
    if (is_there) {
      lengthen(lane);
    }
    workgroupBarrier();
    if (is_there) {
      write_endings(lane, level);
    }
  }
  workgroupBarrier();
}
