// A product's input is the residual stream through a LayerNorm: (x − mean) · weight / √(variance + ε) + bias. Whoever
// reads a number of it makes it for itself, by the arithmetic of layer_norm.wgsl, and in the end the bits are the same.
//
// `input`, [rows, inner() / 4], is the stream. What the lanes add up passes through the workgroup memory of the layout,
// `keep_vector` and `kept_vector`, with room for NORM_LANES vectors of each row.

override NORM_LANES: u32; // Lanes that share a row in layer_norm.wgsl.
override NORM_BIASED: bool;

struct StreamNorm { stream_epsilon: f32 }

@group(0) @binding(26) var<uniform> stream_norm: StreamNorm;

// [inner() / 4] weights, and behind them as many biases if it has them.
@group(0) @binding(13) var<storage, read> input_weight: array<vec4f>;

// Means of the rows of the tile, and one by their deviation.
var<workgroup> row_means: array<f32, ROWS>;
var<workgroup> row_scales: array<f32, ROWS>;

fn row_vectors() -> u32 {
  return inner() / 4u;
}

// An input is named by its row.
fn input_of(row: u32) -> u32 {
  return row;
}

// Numbers 4 i … 4 i + 3 of the stream through the norm.
fn input_vector(row: u32, i: u32) -> vec4f {
  let place = (row - skipped_rows()) % ROWS;
  let centred = input[row * row_vectors() + i] - row_means[place];
  let scaled = centred * row_scales[place];
  if (NORM_BIASED) {
    return fma(scaled, input_weight[i], input_weight[row_vectors() + i]);
  }
  return scaled * input_weight[i];
}

// Such rows are never prepared.
fn squares_vector(row: u32, octet: u32) -> vec4f {
  return vec4f();
}

// One of the lanes' parts of the sum of a row.
fn lane_sum(row: u32, lane: u32) -> f32 {
  let vectors = row_vectors() + unknown_zero();
  var sums = vec4f();
  for (var i = lane; i < vectors; i += NORM_LANES) {
    sums += input[row * row_vectors() + i];
  }
  return (sums.x + sums.y) + (sums.z + sums.w);
}

// The same of the squares of the distances from the mean.
fn lane_squares(row: u32, lane: u32, mean: f32) -> f32 {
  let vectors = row_vectors() + unknown_zero();
  var squares = vec4f();
  for (var i = lane; i < vectors; i += NORM_LANES) {
    let centred = input[row * row_vectors() + i] - mean;
    squares = fma(centred, centred, squares);
  }
  return (squares.x + squares.y) + (squares.z + squares.w);
}

fn sum_of_lanes(place: u32) -> f32 {
  var sum = 0.0;
  for (var lane = 0u; lane < NORM_LANES; lane++) {
    sum += kept_vector(place * NORM_LANES + lane).x;
  }
  return sum;
}

// Finds the means and deviations of a tile's rows.
fn begin_input(first_row: u32, share: u32, shares: u32, local: u32) {
  for (var task = local; task < NORM_LANES * ROWS; task += WORKGROUP) {
    keep_vector(task, vec4(lane_sum(first_row + task / NORM_LANES, task % NORM_LANES)));
  }
  workgroupBarrier();
  if (local < ROWS) {
    row_means[local] = sum_of_lanes(local) / f32(inner());
  }
  workgroupBarrier();
  for (var task = local; task < NORM_LANES * ROWS; task += WORKGROUP) {
    let place = task / NORM_LANES;
    let squares = lane_squares(first_row + place, task % NORM_LANES, row_means[place]);
    keep_vector(task, vec4(squares));
  }
  workgroupBarrier();
  if (local < ROWS) {
    let variance = sum_of_lanes(local) / f32(inner());
    row_scales[local] = inverseSqrt(variance + stream_norm.stream_epsilon);
  }
  workgroupBarrier();
}
