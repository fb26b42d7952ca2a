// Mixes what the model says most often into the lists of children: after the tokens before it a child has
// probability (1 − s) p + s q, where p is what it is ranked by so far and q how often it is said there. What was
// chosen there earlier in this text has its share of q, if it is a candidate, whatever noise is to come. These
// tokens are the parent and those before it on the most probable path, so that depths are mixed one after the
// other.

const MIXED = true;

override PHRASE_WIDTH: u32; // Next tokens of a list.
override FIRST_SHARE: f32; // s of the first depth.
override LATER_SHARE: f32; // s of the others.
override PHRASES_AT_ONCE: u32 = RANKS * PHRASE_WIDTH;

// See phrases.wgsl.
@group(0) @binding(3) var<storage, read> phrase_slots: array<Slot>;
@group(0) @binding(9) var<storage, read> phrases: array<Child>;
// Read if DRAWN.
@group(0) @binding(21) var<uniform> settings: Settings;

// The most probable path to a candidate: its log probability, and its tokens before the candidate.
struct Reached { probability: f32, oldest: u32, newest: u32 }

// [DEPTH, RANKS].
var<workgroup> reached: array<Reached, ALL_DRAFTS>;
// [RANKS, PHRASE_WIDTH]: what is said after the parents of a depth, the lists of what is said after that, and
// where tokens are drawn the scores that the noise to come makes of the values.
var<workgroup> phrase_tokens: array<u32, PHRASES_AT_ONCE>;
var<workgroup> phrase_values: array<f32, PHRASES_AT_ONCE>;
var<workgroup> phrase_lists: array<u32, PHRASES_AT_ONCE>;
var<workgroup> phrase_scores: array<f32, PHRASES_AT_ONCE>;
// [RANKS]: what was chosen after the parents of a depth.
var<workgroup> recycled_choices: array<Recent, RANKS>;

// Where all followers have candidates the tree goes on after them, as far as the text has room.
fn load_limits() {
  root_position = rows.row[0].position;
  depth_limit = select(0u, min(DEPTH, proposal.followers), rows.count > 0u);
  if (depth_limit == DEPTH) {
    depth_limit = max(DEPTH, min(LEVELS, proposal.room));
  }
}

fn parents_at(level: u32) -> u32 {
  return select(RANKS, 1u, level == 0u);
}

// The last tokens up to a parent of the candidates of a depth, the newest last.
fn last_tokens(level: u32, parent: u32) -> vec3u {
  if (level == 0u) {
    let oldest = select(ABSENT_TOKEN, proposal.previous[0], root_position > 1u);
    let before_root = select(ABSENT_TOKEN, proposal.previous[1], root_position > 0u);
    return vec3(oldest, before_root, rows.row[0].token);
  }
  let draft = (level - 1u) * RANKS + parent;
  return vec3(reached[draft].oldest, reached[draft].newest, drafts[draft].token);
}

// The score of a token that is said with this log probability and may be drawn at a depth, not sharpened as that
// of a logit is, see weigh_drafts.wgsl.
fn drawn_score(level: u32, token: u32, value: f32) -> f32 {
  let key = vec2(settings.seed_low, settings.seed_high);
  let noise = noise_of_token(token, root_position + level + 1u, key);
  return fma(settings.temperature, noise, value);
}

// Loads one of a list of phrases, i modulo PHRASE_WIDTH, for a draft of this depth.
fn load_phrase(level: u32, i: u32, list: u32) {
  let phrase = phrases[list * PHRASE_WIDTH + i % PHRASE_WIDTH];
  phrase_tokens[i] = phrase.token;
  phrase_values[i] = phrase.value;
  phrase_lists[i] = phrase.list;
  if (DRAWN) {
    phrase_scores[i] = drawn_score(level, phrase.token, phrase.value);
  }
}

// Finds what is said after the parents of a depth.
fn find_phrases(lane: u32, level: u32) {
  for (var i = lane; i < parents_at(level) * PHRASE_WIDTH; i += WORKGROUP) {
    let last = last_tokens(level, i / PHRASE_WIDTH);
    load_phrase(level, i, list_after_tokens(last.x, last.y, last.z));
    if (i % PHRASE_WIDTH == 0u) {
      recycled_choices[i / PHRASE_WIDTH] = recent_choice(last.y, last.z);
    }
  }
}

// How much of the probability that a list has in all its scores give one of it.
fn drawn_probability(first: u32, own: u32) -> f32 {
  let end = first + PHRASE_WIDTH;
  var greatest = NEVER;
  for (var i = first; i < end; i++) {
    greatest = max(greatest, phrase_scores[i]);
  }
  var all = 0.0;
  var sum = 0.0;
  for (var i = first; i < end; i++) {
    all += exp(phrase_values[i]);
    sum += exp(phrase_scores[i] - greatest);
  }
  return min(1.0, all * exp(phrase_scores[own] - greatest) / sum);
}

// How probable a token is after a parent by what is said.
fn phrase_probability(parent: u32, token: u32) -> f32 {
  let first = parent * PHRASE_WIDTH;
  let end = first + PHRASE_WIDTH;
  var own = first;
  while (own < end && phrase_tokens[own] != token) {
    own++;
  }
  if (own == end) {
    return 0.0;
  }
  if (DRAWN) {
    return drawn_probability(first, own);
  }
  return exp(phrase_values[own]);
}

// The same by what is said and by what was chosen.
fn said_probability(parent: u32, token: u32) -> f32 {
  let choice = recycled_choices[parent];
  let chosen = select(0.0, choice.share, token == choice.token);
  return fma(1.0 - choice.share, phrase_probability(parent, token), chosen);
}

fn mixed(probability: f32, said: f32, share: f32) -> f32 {
  if (said == 0.0) {
    return probability + log(1.0 - share);
  }
  return log((1.0 - share) * exp(probability) + share * said);
}

// Mixes a depth's scores, which begin at `first`, as do its surpluses at `first` / RANKS; they keep their scale.
fn mix_scores(lane: u32, level: u32, first: u32) {
  for (var pair = lane; pair < parents_at(level) * RANKS; pair += WORKGROUP) {
    let parent = pair / RANKS;
    let said = said_probability(parent, drafts[level * RANKS + pair % RANKS].token);
    let surplus = surpluses[first / RANKS + parent];
    let probability = clamp(values[first + pair] - surplus, LEAST, 0.0);
    values[first + pair] = surplus + mixed(probability, said, select(LATER_SHARE, FIRST_SHARE, level == 0u));
  }
}

// Finds the most probable path to each candidate of a depth.
fn reach(lane: u32, level: u32, first: u32) {
  for (var rank = lane; rank < RANKS; rank += WORKGROUP) {
    var best = Reached(NEVER, 0u, 0u);
    for (var parent = 0u; parent < parents_at(level); parent++) {
      var probability = values[first + parent * RANKS + rank] - surpluses[first / RANKS + parent];
      if (level > 0u) {
        probability += reached[(level - 1u) * RANKS + parent].probability;
      }
      if (probability > best.probability) {
        let last = last_tokens(level, parent);
        best = Reached(probability, last.y, last.z);
      }
    }
    reached[level * RANKS + rank] = best;
  }
}

// Ranks the candidates of the first depth, which all come after the root: list 0.
fn mix_first(lane: u32) {
  find_phrases(lane, 0u);
  for (var rank = lane; rank < RANKS; rank += WORKGROUP) {
    values[rank] = drafts[rank].value;
  }
  if (lane == 0u) {
    surpluses[0] = 0.0;
  }
  workgroupBarrier();
  mix_scores(lane, 0u, 0u);
  workgroupBarrier();
  reach(lane, 0u, 0u);
  for (var rank = lane; rank < RANKS; rank += WORKGROUP) {
    place_child(0u, 0u, 0u, rank, 0.0);
  }
  workgroupBarrier();
}

// Mixes the scores of the depths from `first` on that were summed together.
fn mix_levels(lane: u32, first: u32) {
  for (var level = first; level < min(first + AT_ONCE, DEPTH); level++) {
    let is_there = level < depth_limit;
    let scores = (level - first) * PAIRS;
    if (is_there) {
      find_phrases(lane, level);
    }
    workgroupBarrier();
    if (is_there) {
      mix_scores(lane, level, scores);
    }
    workgroupBarrier();
    if (is_there) {
      reach(lane, level, scores);
    }
    workgroupBarrier();
  }
}
