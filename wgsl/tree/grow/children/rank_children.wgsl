// Ranks the candidates of a depth once for each candidate of the depth before: to the logit of child c
// after parent p comes the product of two short vectors, one of p as a parent and one of c as a child.
// What the candidates of a depth have of the probability in all is taken to be the same after every
// parent. Several depths are ranked at once. Beside this file stands what else counts before they are sorted:
// mix_phrases.wgsl, or mix_nothing.wgsl.

override LISTED: bool = false; // Whether only the tokens that are listed have factors.
override TOKENS: u32; // That have factors.
override WIDTH: u32; // Length of a token's factors, in vec4; 0 if it is not known what tokens are worth.

override PAIRS: u32 = RANKS * RANKS; // Of a parent and a child.
override AT_ONCE: u32 = clamp(MOST_SCORES / PAIRS, 1u, max(1u, DEPTH - 1u)); // Depths.
override SCORES: u32 = AT_ONCE * PAIRS;
override PARENTS: u32 = AT_ONCE * RANKS;

const MOST_SCORES = 2048u; // Of several depths together.
const MOST = 1.0e4; // Factors whose product is beyond this, or no number, count for nothing.

// [2, TOKENS, WIDTH]: of tokens as parents, then as children. If LISTED the numbers of these tokens come after
// them, ascending.
@group(0) @binding(8) var<storage, read> factors: array<vec4f>;

// [DEPTH, RANKS]: where the factors of the drafts stand.
var<workgroup> factor_places: array<u32, ALL_DRAFTS>;
// [DEPTH]: log Σ exp(log probability) of the drafts of a depth, less the greatest.
var<workgroup> log_sums: array<f32, DEPTH>;
// [AT_ONCE, RANKS]: what the log probabilities of a parent's children have too much, all alike.
var<workgroup> surpluses: array<f32, PARENTS>;

fn listed_token(i: u32) -> u32 {
  return u32(factors[2u * WIDTH * TOKENS + i / 4u][i % 4u]);
}

// Where the token's factors stand.
fn place_of_factors(token: u32) -> u32 {
  if (!LISTED) {
    return WIDTH * token;
  }
  var first = 0u;
  var end = TOKENS;
  while (first + 1u < end) {
    let middle = (first + end) / 2u;
    if (listed_token(middle) <= token) {
      first = middle;
    } else {
      end = middle;
    }
  }
  return WIDTH * first;
}

// What is added to the logit of a child after a parent, both among all drafts.
fn addend(parent: u32, child: u32) -> f32 {
  let of_parent = factor_places[parent];
  let of_child = WIDTH * TOKENS + factor_places[child];
  var sums = vec4f();
  for (var i = 0u; i < WIDTH; i++) {
    sums += factors[of_parent + i] * factors[of_child + i];
  }
  let sum = (sums.x + sums.y) + (sums.z + sums.w);
  return select(0.0, sum, abs(sum) < MOST);
}

fn write_child(level: u32, list: u32, column: u32, value: f32, rank: u32) {
  let token = drafts[level * RANKS + rank].token;
  children[place_of_child(level, list, column)] = Child(value, token, rank + 1u);
}

// Writes the candidate of a rank in its place in a list: the number of those that come before it. The scores of
// all ranks begin at `first`.
fn place_child(level: u32, list: u32, first: u32, rank: u32, surplus: f32) {
  let own = values[first + rank];
  var column = 0u;
  for (var other = 0u; other < RANKS; other++) {
    column += before(values[first + other], other, own, rank);
  }
  write_child(level, list, column, clamp(own - surplus, LEAST, 0.0), rank);
}

// Depths with candidates.
fn ranked_depths() -> u32 {
  return min(DEPTH, depth_limit);
}

// The candidates as they are, and what is known of each depth.
fn write_plain_lists(lane: u32) {
  for (var draft = lane; draft < ranked_depths() * RANKS; draft += WORKGROUP) {
    factor_places[draft] = place_of_factors(drafts[draft].token);
    if (draft >= RANKS || !MIXED) {
      write_child(draft / RANKS, 0u, draft % RANKS, drafts[draft].value, draft % RANKS);
    }
  }
  for (var level = WORKGROUP - 1u - lane; level < ranked_depths(); level += WORKGROUP) {
    let first = level * RANKS;
    var sum = 0.0;
    for (var rank = 0u; rank < RANKS; rank++) {
      sum += exp(drafts[first + rank].value - drafts[first].value);
    }
    log_sums[level] = log(sum);
  }
}

// Of the pairs of so many depths from `first` on: [depths, parents, children].
fn score_pairs(lane: u32, first: u32, levels: u32) {
  for (var pair = lane; pair < levels * PAIRS; pair += WORKGROUP) {
    let child = (first + pair / PAIRS) * RANKS + pair % RANKS;
    let parent = (first + pair / PAIRS - 1u) * RANKS + pair / RANKS % RANKS;
    values[pair] = drafts[child].value + SHARPNESS * addend(parent, child);
  }
}

// log Σ exp(score) of the children of each parent, less that of the candidates as they are.
fn sum_scores(lane: u32, first: u32, levels: u32) {
  for (var parent = lane; parent < levels * RANKS; parent += WORKGROUP) {
    let level = first + parent / RANKS;
    var greatest = NEVER;
    for (var rank = 0u; rank < RANKS; rank++) {
      greatest = max(greatest, values[parent * RANKS + rank]);
    }
    var sum = 0.0;
    for (var rank = 0u; rank < RANKS; rank++) {
      sum += exp(values[parent * RANKS + rank] - greatest);
    }
    surpluses[parent] = greatest + log(sum) - drafts[level * RANKS].value - log_sums[level];
  }
}

fn write_lists(lane: u32, first: u32, levels: u32) {
  for (var pair = lane; pair < levels * PAIRS; pair += WORKGROUP) {
    let parent = pair / RANKS;
    let level = first + pair / PAIRS;
    place_child(level, parent % RANKS + 1u, parent * RANKS, pair % RANKS, surpluses[parent]);
  }
}

// After the drafts were found.
fn rank_children(lane: u32) {
  write_plain_lists(lane);
  workgroupBarrier();
  mix_first(lane);
  for (var first = 1u; first < DEPTH; first += AT_ONCE) {
    let levels = min(AT_ONCE, max(ranked_depths(), first) - first);
    score_pairs(lane, first, levels);
    workgroupBarrier();
    sum_scores(lane, first, levels);
    workgroupBarrier();
    mix_levels(lane, first);
    write_lists(lane, first, levels);
    workgroupBarrier();
  }
  go_on(lane);
  storageBarrier();
}
