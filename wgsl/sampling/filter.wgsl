// The threshold that top-k, top-p and min-p set for a row: the least penalised logit / temperature
// that is kept. Found digit by digit in the ordered bits of the floats, so that nothing is sorted and
// ties fall together: each pass over the row weighs the tokens by one digit. One workgroup per row.

override WORKGROUP: u32;
override DIGIT_BITS: u32; // Divides 32.
override DIGITS: u32 = 1u << DIGIT_BITS; // Values of a digit.
override CELLS: u32 = DIGITS * WORKGROUP;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, logits_stride].
@group(0) @binding(1) var<storage, read> logits: array<vec4f>;
// [texts].
@group(0) @binding(2) var<storage, read> settings: array<Settings>;
// [rows].
@group(0) @binding(4) var<storage, read_write> thresholds: array<f32>;

const LOWEST = -3.4e38;

// What the penalty and the temperature make of a row's logits.
struct Scaling { row: u32, penalty: f32, temperature: f32, path: array<u32, MAX_DEPTH> }

// [DIGITS, WORKGROUP]: the weight of each digit among the tokens of a lane.
var<workgroup> cells: array<f32, CELLS>;
// [DIGITS]: among all tokens.
var<workgroup> weights: array<f32, DIGITS>;
var<workgroup> greatest_of_lane: array<f32, WORKGROUP>;

// Penalised logit / temperature of four tokens; LOWEST beyond the vocabulary.
fn scaled(scaling: Scaling, first: u32) -> vec4f {
  let tokens = vec4(first) + vec4(0u, 1u, 2u, 3u);
  var values = logits[scaling.row * sizes.logits_stride + first / 4u];
  if (scaling.penalty != 1.0) {
    values = penalised(values, text_of(scaling.row), first, scaling.path, scaling.penalty);
  }
  return select(vec4(LOWEST), values / scaling.temperature, tokens < vec4(vocabulary()));
}

// Unsigned integers in the order of the floats, and back.
fn to_keys(values: vec4f) -> vec4u {
  let bits = bitcast<vec4u>(values);
  return select(bits | vec4(0x80000000u), ~bits, bits >> vec4(31u) == vec4(1u));
}

fn to_key(value: f32) -> u32 {
  return to_keys(vec4(value)).x;
}

fn from_key(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, (key >> 31u) == 1u));
}

fn greatest_of(scaling: Scaling, lane: u32) -> f32 {
  var four = vec4(LOWEST);
  for (var first = 4u * lane; first < vocabulary(); first += 4u * WORKGROUP) {
    four = max(four, scaled(scaling, first));
  }
  greatest_of_lane[lane] = max(max(four.x, four.y), max(four.z, four.w));
  workgroupBarrier();
  var greatest = LOWEST;
  for (var l = 0u; l < WORKGROUP; l++) {
    greatest = max(greatest, greatest_of_lane[l]);
  }
  return greatest;
}

// weights = of the tokens whose key is at least `least` and has the digits of `found` under `mask`,
// those with each digit at `shift`: their number, or their part of the softmax's sum. Numbers are
// exact in f32 below 2²⁴.
fn weigh(scaling: Scaling, lane: u32, least: u32, found: u32, mask: u32, shift: u32, by_mass: bool, greatest: f32) {
  for (var cell = lane; cell < CELLS; cell += WORKGROUP) {
    cells[cell] = 0.0;
  }
  for (var first = 4u * lane; first < vocabulary(); first += 4u * WORKGROUP) {
    let values = scaled(scaling, first);
    let keys = to_keys(values);
    let counts = (keys >= vec4(least)) & (((keys ^ vec4(found)) & vec4(mask)) == vec4(0u));
    let weight = select(vec4f(), select(vec4(1.0), exp(values - greatest), by_mass), counts);
    let at = ((keys >> vec4(shift)) & vec4(DIGITS - 1u)) * WORKGROUP + lane;
    cells[at.x] += weight.x;
    cells[at.y] += weight.y;
    cells[at.z] += weight.z;
    cells[at.w] += weight.w;
  }
  workgroupBarrier();
  for (var digit = lane; digit < DIGITS; digit += WORKGROUP) {
    var sum = 0.0;
    for (var l = 0u; l < WORKGROUP; l++) {
      sum += cells[digit * WORKGROUP + l];
    }
    weights[digit] = sum;
  }
  workgroupBarrier();
}

// The greatest key such that the tokens from it on weigh `wanted`; by mass, `wanted` is a fraction of
// all mass. Tokens below `least` weigh nothing.
fn find_key(scaling: Scaling, lane: u32, least: u32, wanted: f32, by_mass: bool, greatest: f32) -> u32 {
  var found = 0u;
  var mask = 0u;
  var enough = wanted;
  var above = 0.0; // Weight of the tokens above those that have the digits found so far.
  for (var shift = 32u - DIGIT_BITS; mask != 0xffffffffu; shift -= DIGIT_BITS) {
    weigh(scaling, lane, least, found, mask, shift, by_mass, greatest);
    if (by_mass && mask == 0u) {
      var total = 0.0;
      for (var digit = 0u; digit < DIGITS; digit++) {
        total += weights[digit];
      }
      enough = wanted * total;
    }
    var digit = DIGITS - 1u;
    while (digit > 0u && above + weights[digit] < enough) {
      above += weights[digit];
      digit -= 1u;
    }
    found |= digit << shift;
    mask |= (DIGITS - 1u) << shift;
  }
  return found;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    return;
  }
  let own = settings[text_of(row)];
  let scaling = Scaling(row, own.penalty, own.temperature, path_to(row));
  let greatest = greatest_of(scaling, lane);
  var least = to_key(LOWEST);
  if (own.top_k > 0u && own.top_k < vocabulary()) {
    least = max(least, find_key(scaling, lane, 0u, f32(own.top_k), false, greatest));
  }
  if (own.top_p < 1.0) {
    // A token is kept if the mass above it is less than top-p.
    least = max(least, find_key(scaling, lane, least, own.top_p, true, greatest));
  }
  // The most probable token is always kept.
  least = min(max(least, to_key(greatest + own.log_min_p)), to_key(greatest));
  if (lane == 0u) {
    thresholds[row] = from_key(least);
  }
}
