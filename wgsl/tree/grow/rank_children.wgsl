// Ranks the candidates of a depth once for each candidate of the depth before: to the logit of child c
// after parent p comes the product of two short vectors, one of p as a parent and one of c as a child.
// What the candidates of a depth have of the probability in all is taken to be the same after every
// parent. Several depths are ranked at once.

override LISTED: bool = false; // Whether `tokens` says which tokens have factors.
override WIDTH: u32; // Length of a token's factors, in vec4.

override PAIRS: u32 = RANKS * RANKS; // Of a parent and a child.
override AT_ONCE: u32 = clamp(MOST_SCORES / PAIRS, 1u, max(1u, DEPTH - 1u)); // Depths.
override SCORES: u32 = AT_ONCE * PAIRS;
override PARENTS: u32 = AT_ONCE * RANKS;

const MOST_SCORES = 2048u; // Of several depths together.
const MOST = 1.0e4; // Factors whose product is beyond this, or no number, count for nothing.

// [2, tokens, WIDTH]: of tokens as parents, then as children.
@group(0) @binding(8) var<storage, read> factors: array<vec4f>;
// [tokens], ascending; read if LISTED.
@group(0) @binding(9) var<storage, read> tokens: array<u32>;

// [DEPTH, RANKS]: where the factors of the drafts stand.
var<workgroup> factor_places: array<u32, ALL_DRAFTS>;
// [DEPTH]: log Σ exp(log probability) of the drafts of a depth, less the greatest.
var<workgroup> log_sums: array<f32, DEPTH>;
// [AT_ONCE, RANKS]: what the log probabilities of a parent's children have too much, all alike.
var<workgroup> surpluses: array<f32, PARENTS>;

// Where the token's factors stand.
fn place_of_factors(token: u32) -> u32 {
  if (!LISTED) {
    return WIDTH * token;
  }
  var first = 0u;
  var end = arrayLength(&tokens);
  while (first + 1u < end) {
    let middle = (first + end) / 2u;
    if (tokens[middle] <= token) {
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
  let of_child = arrayLength(&factors) / 2u + factor_places[child];
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

// The candidates as they are, and what is known of each depth.
fn write_plain_lists(lane: u32) {
  for (var draft = lane; draft < depth_limit * RANKS; draft += WORKGROUP) {
    factor_places[draft] = place_of_factors(drafts[draft].token);
    write_child(draft / RANKS, 0u, draft % RANKS, drafts[draft].value, draft % RANKS);
  }
  for (var level = WORKGROUP - 1u - lane; level < depth_limit; level += WORKGROUP) {
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

// The place of a child is the number of those that come before it.
fn write_lists(lane: u32, first: u32, levels: u32) {
  for (var pair = lane; pair < levels * PAIRS; pair += WORKGROUP) {
    let parent = pair / RANKS;
    let rank = pair % RANKS;
    let own = values[pair];
    var column = 0u;
    for (var other = 0u; other < RANKS; other++) {
      column += before(values[parent * RANKS + other], other, own, rank);
    }
    let probability = clamp(own - surpluses[parent], LEAST, 0.0);
    write_child(first + pair / PAIRS, parent % RANKS + 1u, column, probability, rank);
  }
}

// After the drafts were found.
fn rank_children(lane: u32) {
  write_plain_lists(lane);
  workgroupBarrier();
  for (var first = 1u; first < DEPTH; first += AT_ONCE) {
    let levels = min(AT_ONCE, max(depth_limit, first) - first);
    score_pairs(lane, first, levels);
    workgroupBarrier();
    sum_scores(lane, first, levels);
    workgroupBarrier();
    write_lists(lane, first, levels);
    workgroupBarrier();
  }
  storageBarrier();
}
