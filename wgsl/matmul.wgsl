// output[r, c] = Σ_k input[r, k] · weights[c, k] for a few rows, on any device.
//
// LANES neighbouring invocations share an octet of columns, lane l taking the k with
// k / 8 ≡ l (mod LANES), so that they read neighbouring bytes; the lanes are added up in ascending
// order through workgroup memory. An invocation keeps the sums of ROWS rows in registers.
// The order of a sum depends on LANES alone, so a row's result has the same bits in any tile.

override LANES: u32;

var<workgroup> partial_low: array<vec4f, WORKGROUP>;
var<workgroup> partial_high: array<vec4f, WORKGROUP>;
var<workgroup> partial_squares: array<f32, WORKGROUP>;

fn load_input(row: u32, octet: u32) -> Octet {
  let at = input_of(row) + 2u * octet;
  return Octet(input[at], input[at + 1u]);
}

// This lane's share of a prepared row's sum of squares.
fn share_of_squares(row: u32, lane: u32) -> f32 {
  var sums = vec4f();
  for (var i = lane; i < INNER / 8u; i += LANES) {
    sums += input[input_of(row) + INNER / 4u + i];
  }
  return (sums.x + sums.y) + (sums.z + sums.w);
}

fn add_up_lanes(row: u32, local: u32, octet: u32, own: Octet) {
  let lane = local % LANES;
  var sum = own;
  var squares = 0.0;
  if (NORMED) {
    squares = share_of_squares(row, lane);
  }
  if (LANES > 1u) {
    partial_low[local] = sum.low;
    partial_high[local] = sum.high;
    partial_squares[local] = squares;
    workgroupBarrier();
    if (lane == 0u) {
      for (var l = 1u; l < LANES; l++) {
        sum = Octet(sum.low + partial_low[local + l], sum.high + partial_high[local + l]);
        squares += partial_squares[local + l];
      }
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    finish(row, octet, sum, squares);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = FIRST_ROW + group.y * ROWS;
  if (first_row >= rows.count) {
    return;
  }
  let octet = group.x * (WORKGROUP / LANES) + local / LANES;
  let column = 8u * min(octet, (COLUMNS - 1u) / 8u);
  var low: array<vec4f, MAX_ROWS>;
  var high: array<vec4f, MAX_ROWS>;
  for (var k = local % LANES; k < INNER / 8u; k += LANES) {
    let a = load_weights(column, k);
    let b = load_weights(column + 1u, k);
    let c = load_weights(column + 2u, k);
    let d = load_weights(column + 3u, k);
    let e = load_weights(column + 4u, k);
    let f = load_weights(column + 5u, k);
    let g = load_weights(column + 6u, k);
    let h = load_weights(column + 7u, k);
    for (var r = 0u; r < ROWS; r++) {
      let x = load_input(first_row + r, k);
      low[r] = accumulate(low[r], x, a, b, c, d);
      high[r] = accumulate(high[r], x, e, f, g, h);
    }
  }
  for (var r = 0u; r < ROWS; r++) {
    add_up_lanes(first_row + r, local, octet, Octet(low[r], high[r]));
  }
}
