// The threshold that top-k, top-p and min-p set for a row: the least penalised logit / temperature
// that is kept. Found by bisection over the ordered bits of the floats, so no sorting is needed and
// ties fall together. One workgroup per row.

override VOCABULARY: u32;
override LOGITS_STRIDE: u32; // Distance of logit rows, in floats.
override WORKGROUP: u32 = 64;

struct Settings { temperature: f32, top_k: u32, top_p: f32, log_min_p: f32, penalty: f32, seed_low: u32, seed_high: u32 }

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, LOGITS_STRIDE].
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> settings: Settings;
// One bit per token of the vocabulary: whether it stands in the text so far.
@group(0) @binding(3) var<storage, read> seen: array<u32>;
// [rows].
@group(0) @binding(4) var<storage, read_write> thresholds: array<f32>;

var<workgroup> partial: array<f32, WORKGROUP>;
var<workgroup> total: f32;

// The row's context within the tree.
var<private> path: array<u32, MAX_PATH>;

// Penalised logit / temperature.
fn scaled(row: u32, token: u32) -> f32 {
  var value = logits[row * LOGITS_STRIDE + token];
  let in_text = (seen[token / 32u] >> (token % 32u) & 1u) == 1u;
  if (in_text || any(are_on_path(path, vec4(token)))) {
    value = select(value * settings.penalty, value / settings.penalty, value > 0.0);
  }
  return value / settings.temperature;
}

// Unsigned integers in the order of the floats, and back.
fn to_key(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

fn from_key(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, (key >> 31u) == 1u));
}

fn sum_over_lanes(lane: u32, own: f32) -> f32 {
  workgroupBarrier();
  partial[lane] = own;
  workgroupBarrier();
  if (lane == 0u) {
    var sum = 0.0;
    for (var l = 0u; l < WORKGROUP; l++) {
      sum += partial[l];
    }
    total = sum;
  }
  workgroupBarrier();
  return total;
}

fn greatest_of(row: u32, lane: u32) -> f32 {
  var own = -3.4e38;
  for (var token = lane; token < VOCABULARY; token += WORKGROUP) {
    own = max(own, scaled(row, token));
  }
  workgroupBarrier();
  partial[lane] = own;
  workgroupBarrier();
  for (var l = 0u; l < WORKGROUP; l++) {
    own = max(own, partial[l]);
  }
  return own;
}

// Number of tokens whose key reaches the given one. Exact in f32 below 2²⁴ tokens.
fn count_from(row: u32, lane: u32, key: u32) -> f32 {
  var own = 0.0;
  for (var token = lane; token < VOCABULARY; token += WORKGROUP) {
    own += select(0.0, 1.0, to_key(scaled(row, token)) >= key);
  }
  return sum_over_lanes(lane, own);
}

// Unnormalised mass of the tokens whose key is at least `least` and above `key`.
fn mass_above(row: u32, lane: u32, least: u32, key: u32, greatest: f32) -> f32 {
  var own = 0.0;
  for (var token = lane; token < VOCABULARY; token += WORKGROUP) {
    let value = scaled(row, token);
    let k = to_key(value);
    own += select(0.0, exp(value - greatest), k >= least && k > key);
  }
  return sum_over_lanes(lane, own);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    return;
  }
  path = path_to(row);
  let greatest = greatest_of(row, lane);
  var least = 0u;
  if (settings.top_k > 0u && settings.top_k < VOCABULARY) {
    for (var bit = 0x80000000u; bit > 0u; bit >>= 1u) {
      if (count_from(row, lane, least | bit) >= f32(settings.top_k)) {
        least |= bit;
      }
    }
  }
  if (settings.top_p < 1.0) {
    // A token is kept if the mass above it is less than top-p. The mass above falls as the key
    // rises: the greatest key that still has enough above it is the last one to drop.
    let enough = settings.top_p * mass_above(row, lane, least, 0u, greatest);
    if (mass_above(row, lane, least, least, greatest) >= enough) {
      var dropped = 0u;
      for (var bit = 0x80000000u; bit > 0u; bit >>= 1u) {
        if (mass_above(row, lane, least, dropped | bit, greatest) >= enough) {
          dropped |= bit;
        }
      }
      least = max(least, min(dropped + 1u, to_key(greatest)));
    }
  }
  least = max(least, to_key(greatest + settings.log_min_p));
  if (lane == 0u) {
    thresholds[row] = from_key(max(least, to_key(-3.4e38)));
  }
}
