// A product's input is the residual stream after an addition that is yet to come: stream + scale ·
// norm(added). Whoever reads a number of it adds for itself, by the arithmetic of add_normed.wgsl, and in the
// end the bits are the same. What the stream becomes is written where nobody reads it meanwhile.
//
// `input`, [rows, inner() / 4], is what is added. The sums of squares pass through the workgroup memory of the
// layout, `keep_vector` and `kept_vector`, with room for NORM_LANES vectors of each row.

override NORM_LANES: u32; // Lanes that share a row in add_normed.wgsl.

struct AddedNorm { added_scale: f32, added_epsilon: f32 }

@group(0) @binding(26) var<uniform> added_norm: AddedNorm;

// [rows, inner() / 4], see residual_stream.wgsl; where the stream stands after is not where it stood before.
@group(0) @binding(12) var<storage, read_write> hidden: array<vec4f>;
// [inner() / 4], the weight of the norm of what is added.
@group(0) @binding(13) var<storage, read> added_weight: array<vec4f>;
// [inner() / 4], the weight of the norm that the product's input goes through.
@group(0) @binding(14) var<storage, read> input_weight: array<vec4f>;

// Factors of what is added to the rows of the tile: the scale, divided by their root mean square.
var<workgroup> added_factors: array<f32, ROWS>;

fn row_vectors() -> u32 {
  return inner() / 4u;
}

// An input is named by its row.
fn input_of(row: u32) -> u32 {
  return row;
}

// Numbers 4 i … 4 i + 3 of the stream after the addition.
fn stream_vector(row: u32, i: u32) -> vec4f {
  let before = hidden[(stream_rows.from_row + row) * row_vectors() + i];
  let factor = added_factors[(row - skipped_rows()) % ROWS];
  return fma(input[row * row_vectors() + i] * factor, added_weight[i], before);
}

fn input_vector(row: u32, i: u32) -> vec4f {
  let value = stream_vector(row, i);
  if (NORMED) {
    return value * input_weight[i];
  }
  return value;
}

fn squares_vector(row: u32, octet: u32) -> vec4f {
  let low = stream_vector(row, 2u * octet);
  let high = stream_vector(row, 2u * octet + 1u);
  return fma(low, low, high * high);
}

// Sums of squares of what is added, of one of the lanes.
fn added_squares(row: u32, lane: u32) -> f32 {
  let octets = inner() / 8u + unknown_zero();
  var squares = 0.0;
  for (var octet = lane; octet < octets; octet += NORM_LANES) {
    let at = row * row_vectors() + 2u * octet;
    squares += sum_of_squares(Octet(input[at], input[at + 1u]));
  }
  return squares;
}

// Finds the factors of a tile's rows, and writes one of `shares` shares of what their stream becomes.
fn begin_input(first_row: u32, share: u32, shares: u32, local: u32) {
  for (var task = local; task < NORM_LANES * ROWS; task += WORKGROUP) {
    keep_vector(task, vec4(added_squares(first_row + task / NORM_LANES, task % NORM_LANES)));
  }
  workgroupBarrier();
  if (local < ROWS) {
    var squares = 0.0;
    for (var lane = 0u; lane < NORM_LANES; lane++) {
      squares += kept_vector(local * NORM_LANES + lane).x;
    }
    let mean = squares / f32(inner());
    added_factors[local] = added_norm.added_scale * inverseSqrt(mean + added_norm.added_epsilon);
  }
  workgroupBarrier();
  let vectors = min(ROWS, end_row() - first_row) * row_vectors();
  for (var task = share * WORKGROUP + local; task < vectors; task += shares * WORKGROUP) {
    let row = first_row + task / row_vectors();
    let i = task % row_vectors();
    hidden[(stream_rows.to_row + row) * row_vectors() + i] = stream_vector(row, i);
  }
}
