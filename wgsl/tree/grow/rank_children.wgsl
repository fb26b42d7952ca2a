// Ranks the candidates of a depth once for each candidate of the depth before: to the logit of child c
// after parent p comes the product of two short vectors, one of p as a parent and one of c as a child.
// What the candidates of a depth have of the probability in all is taken to be the same after every
// parent. One workgroup per depth.

override LISTED: bool = false; // Whether `tokens` says which tokens have factors.
override WIDTH: u32; // Length of a token's factors, in vec4.

override ALL_PAIRS: u32 = RANKS * RANKS;

const OTHER_VALUES = 0u; // Nothing is to have room where drafts were found.
const MOST = 1.0e4; // Factors whose product is beyond this, or no number, count for nothing.

@group(0) @binding(0) var<storage, read> followers: Rows;
// [2, tokens, WIDTH]: of tokens as parents, then as children.
@group(0) @binding(1) var<storage, read> factors: array<vec4f>;
// [tokens], ascending; read if LISTED.
@group(0) @binding(2) var<storage, read> tokens: array<u32>;
// [DEPTH, RANKS + 1, RANKS]: lists in descending order. List 0 has the candidates as they are.
@group(0) @binding(6) var<storage, read_write> children: array<Child>;

// [RANKS, RANKS]: of each parent the children's log probabilities, up to a number that is common to them.
var<workgroup> scores: array<f32, ALL_PAIRS>;
// [RANKS]: that number.
var<workgroup> surpluses: array<f32, RANKS>;

// Where the token's factors stand.
fn place_of(token: u32) -> u32 {
  if (!LISTED) {
    return token;
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
  return first;
}

// What is added to the logit of a child after a parent.
fn addend(parent: u32, child: u32) -> f32 {
  let of_parent = place_of(parent) * WIDTH;
  let of_child = arrayLength(&factors) / 2u + place_of(child) * WIDTH;
  var sums = vec4f();
  for (var i = 0u; i < WIDTH; i++) {
    sums += factors[of_parent + i] * factors[of_child + i];
  }
  let sum = (sums.x + sums.y) + (sums.z + sums.w);
  return select(0.0, sum, abs(sum) < MOST);
}

fn score_pairs(lane: u32, level: u32) {
  var scale = weight();
  if (DRAWN) {
    scale = SHARPNESS;
  }
  for (var pair = lane; pair < ALL_PAIRS; pair += WORKGROUP) {
    let parent = drafts[(level - 1u) * RANKS + pair / RANKS];
    let child = drafts[level * RANKS + pair % RANKS];
    scores[pair] = child.value + scale * addend(parent.token, child.token);
  }
}

// log Σ exp(score) of the children of each parent, less that of the candidates as they are.
fn sum_scores(lane: u32, level: u32) {
  for (var parent = lane; parent < RANKS; parent += WORKGROUP) {
    var greatest = NEVER;
    for (var rank = 0u; rank < RANKS; rank++) {
      greatest = max(greatest, scores[parent * RANKS + rank]);
    }
    var sum = 0.0;
    var own_sum = 0.0;
    let own_greatest = drafts[level * RANKS].value;
    for (var rank = 0u; rank < RANKS; rank++) {
      sum += exp(scores[parent * RANKS + rank] - greatest);
      own_sum += exp(drafts[level * RANKS + rank].value - own_greatest);
    }
    surpluses[parent] = greatest + log(sum) - own_greatest - log(own_sum);
  }
}

fn write_child(level: u32, list: u32, place: u32, value: f32, rank: u32) {
  let token = drafts[level * RANKS + rank].token;
  children[(level * (RANKS + 1u) + list) * RANKS + place] = Child(value, token, rank + 1u);
}

// The place of a child is the number of those that come before it.
fn write_lists(lane: u32, level: u32) {
  for (var pair = lane; pair < ALL_PAIRS; pair += WORKGROUP) {
    let parent = pair / RANKS;
    let rank = pair % RANKS;
    let own = scores[pair];
    var place = 0u;
    for (var other = 0u; other < RANKS; other++) {
      place += before(scores[parent * RANKS + other], other, own, rank);
    }
    let probability = clamp(own - surpluses[parent], LEAST, 0.0);
    write_child(level, parent + 1u, place, probability, rank);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let level = group.x;
  load_parts(lane);
  if (lane == 0u) {
    depth_limit = select(0u, DEPTH, followers.count > 0u);
  }
  if (workgroupUniformLoad(&depth_limit) == 0u) {
    return;
  }
  find_drafts(lane);
  for (var rank = lane; rank < RANKS; rank += WORKGROUP) {
    write_child(level, 0u, rank, drafts[level * RANKS + rank].value, rank);
  }
  if (level == 0u) {
    return;
  }
  score_pairs(lane, level);
  workgroupBarrier();
  sum_scores(lane, level);
  workgroupBarrier();
  write_lists(lane, level);
}
