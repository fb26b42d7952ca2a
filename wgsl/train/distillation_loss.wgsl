// How far each row's distribution q is from its target, and the gradient of that with respect to the
// row's logits, which takes their place. KL: Σ p (log p − log q) with the base model's distribution p of
// the same position; else −log q of the token that follows. The gradients are q − p and q − one-hot.
// One workgroup per row. Row r is compared with the base's row r mod BASE_ROWS.

override VOCABULARY: u32;
override STRIDE: u32; // Distance of logit rows, in vec4; ⌈VOCABULARY / 8⌉ · 2.
override BASE_ROWS: u32;
override FIRST: u32; // Where the rows begin in `weights` and `results`.
override FIRST_BASE: u32; // Where the base's rows begin in `next_tokens`.
override KL: bool;
override SOFT_CAP: f32 = 0; // Bound of the logits, which the gradient is taken before; 0 if none.
override WORKGROUP: u32;

const SMALLEST = -3.0e38;

// What is known of a row's loss. `rank`: tokens that the row finds more probable than the one that
// the base finds most probable.
struct Result { loss: f32, rank: u32 }

// Part of a row in its softmax: the greatest logit, Σ exp(logit − greatest), and the token of the greatest.
struct Mass { greatest: f32, sum: f32, token: u32 }

// [rows, STRIDE], becomes the gradient.
@group(0) @binding(0) var<storage, read_write> logits: array<vec4f>;
// [BASE_ROWS, STRIDE].
@group(0) @binding(1) var<storage, read> base: array<vec4f>;
// [all base rows]: the token that follows each base row's position in the text; VOCABULARY or more if it
// has no logit, so that there is nothing to learn from it.
@group(0) @binding(2) var<storage, read> next_tokens: array<u32>;
// [rows]: factor of each row's gradient; rows with 0 have no loss.
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> results: array<Result>;

var<workgroup> masses: array<Mass, WORKGROUP>;
var<workgroup> losses: array<f32, WORKGROUP>;
var<workgroup> ranks: array<u32, WORKGROUP>;

// Four tokens more. Those at and after VOCABULARY count for nothing.
fn add_four(mass: Mass, x: vec4f, token: u32) -> Mass {
  var next = mass;
  for (var i = 0u; i < 4u; i++) {
    if (x[i] > next.greatest) {
      next.greatest = x[i];
      next.token = token + i;
    }
  }
  let e = exp(x - vec4(next.greatest));
  next.sum = mass.sum * exp(mass.greatest - next.greatest) + ((e.x + e.y) + (e.z + e.w));
  return next;
}

fn masked(x: vec4f, token: u32) -> vec4f {
  return select(vec4(SMALLEST), x, vec4(token) + vec4(0u, 1u, 2u, 3u) < vec4(VOCABULARY));
}

// The lanes' masses together, in ascending order.
fn gather(lane: u32, own: Mass) -> Mass {
  workgroupBarrier();
  masses[lane] = own;
  workgroupBarrier();
  var all = masses[0];
  for (var l = 1u; l < WORKGROUP; l++) {
    let other = masses[l];
    let greatest = max(all.greatest, other.greatest);
    let sum = all.sum * exp(all.greatest - greatest) + other.sum * exp(other.greatest - greatest);
    let is_other = other.greatest > all.greatest ||
      (other.greatest == all.greatest && other.token < all.token);
    all = Mass(greatest, sum, select(all.token, other.token, is_other));
  }
  return all;
}

// Σ p (log p − log q), or the part of −log q that lies in these four tokens; logs of p and q given.
fn loss_of(log_p: vec4f, log_q: vec4f, p: vec4f, is_next: vec4<bool>) -> f32 {
  if (KL) {
    let terms = select(p * (log_p - log_q), vec4(), p == vec4());
    return (terms.x + terms.y) + (terms.z + terms.w);
  }
  let terms = select(vec4(), -log_q, is_next);
  return (terms.x + terms.y) + (terms.z + terms.w);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let at = row * STRIDE;
  let base_at = row % BASE_ROWS * STRIDE;
  let weight = weights[FIRST + row];
  let next = next_tokens[FIRST_BASE + row % BASE_ROWS];
  let is_missing = !KL && next >= VOCABULARY;
  if (weight == 0.0 || is_missing) {
    for (var i = lane; i < STRIDE; i += WORKGROUP) {
      logits[at + i] = vec4();
    }
    if (lane == 0u) {
      results[FIRST + row] = Result(0.0, select(0u, VOCABULARY, is_missing && weight != 0.0));
    }
    return;
  }
  var own = Mass(SMALLEST, 0.0, 0u);
  var own_base = Mass(SMALLEST, 0.0, 0u);
  for (var i = lane; i < STRIDE; i += WORKGROUP) {
    own = add_four(own, masked(logits[at + i], 4u * i), 4u * i);
    own_base = add_four(own_base, masked(base[base_at + i], 4u * i), 4u * i);
  }
  let q = gather(lane, own);
  let p = gather(lane, own_base);
  let log_total_q = q.greatest + log(q.sum);
  let log_total_p = p.greatest + log(p.sum);
  let expected = logits[at + p.token / 4u][p.token % 4u];
  storageBarrier(); // Before the logits are written over.
  var loss = 0.0;
  var rank = 0u;
  for (var i = lane; i < STRIDE; i += WORKGROUP) {
    let tokens = vec4(4u * i) + vec4(0u, 1u, 2u, 3u);
    let x = masked(logits[at + i], 4u * i);
    let log_q = x - vec4(log_total_q);
    let log_p = masked(base[base_at + i], 4u * i) - vec4(log_total_p);
    let is_next = tokens == vec4(next);
    let p_here = exp(log_p);
    loss += loss_of(log_p, log_q, p_here, is_next);
    let is_better = (x > vec4(expected)) | ((x == vec4(expected)) & (tokens < vec4(p.token)));
    let counts = select(vec4(0u), vec4(1u), is_better);
    rank += (counts.x + counts.y) + (counts.z + counts.w);
    let aim = select(select(vec4(), vec4(1.0), is_next), p_here, KL);
    var slope = vec4(1.0);
    if (SOFT_CAP > 0.0) {
      let share = clamp(x / SOFT_CAP, vec4(-1.0), vec4(1.0));
      slope -= share * share;
    }
    logits[at + i] = weight * (exp(log_q) - aim) * slope;
  }
  losses[lane] = loss;
  ranks[lane] = rank;
  workgroupBarrier();
  if (lane == 0u) {
    for (var l = 1u; l < WORKGROUP; l++) {
      loss += losses[l];
      rank += ranks[l];
    }
    results[FIRST + row] = Result(loss, rank);
  }
}
