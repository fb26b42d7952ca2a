// output[r, c] = Σ_k input[r, k] · weights[c, k] for a few rows, for drivers that run a subgroup of
// eight lanes as one vector of the processor. There a load costs the same whether its lanes share an
// address or not, so lanes load different parts of the input and hand them to each other.
//
// An invocation computes an octet of columns for ROWS rows alone, in ascending k. Rows are written
// out by fours: the driver does not unroll loops this large, and the sums would leave the registers.

// Whether tiles are often not full, and ways for few rows worth compiling.
override OFTEN_FEWER: bool = false;

const MAX_ROWS = 16u;

// Of the rows r … r + 3 of the tile, two lanes for each: where the input of the lane's row begins.
fn input_of_four_rows(r: u32, first_row: u32, lane: u32) -> u32 {
  return input_of(first_row + r + lane / 2u % ROWS);
}

// Sums of squares of the prepared rows r … r + 3 of the tile.
fn squares_of_four_rows(r: u32, first_row: u32, lane: u32) -> vec4f {
  let start = input_of_four_rows(r, first_row, lane);
  let octets = inner() / 8u + unknown_zero();
  var sums = vec4f();
  for (var i = lane % 2u; i < octets; i += 2u) {
    sums += squares_vector(start, i);
  }
  let all = over_lanes((sums.x + sums.y) + (sums.z + sums.w));
  return vec4(all[0] + all[1], all[2] + all[3], all[4] + all[5], all[6] + all[7]);
}

fn add_row(r: u32, x: Octet, w: array<Octet, 8>, low: ptr<function, array<vec4f, MAX_ROWS>>,
           high: ptr<function, array<vec4f, MAX_ROWS>>) {
  (*low)[r] = accumulate((*low)[r], x, w[0], w[1], w[2], w[3]);
  (*high)[r] = accumulate((*high)[r], x, w[4], w[5], w[6], w[7]);
}

// Eight k of the rows r … r + 3 of a tile, as far as it has so many: eight vectors, one loaded by each lane,
// whose row's input begins at `start`.
fn add_four_rows(r: u32, count: u32, start: u32, k: u32, lane: u32, w: array<Octet, 8>,
                 low: ptr<function, array<vec4f, MAX_ROWS>>,
                 high: ptr<function, array<vec4f, MAX_ROWS>>) {
  let own = load_input_from(start, 2u * k + lane % 2u);
  add_row(r, pair_0(own), w, low, high);
  if (count > r + 1u) {
    add_row(r + 1u, pair_1(own), w, low, high);
  }
  if (count > r + 2u) {
    add_row(r + 2u, pair_2(own), w, low, high);
  }
  if (count > r + 3u) {
    add_row(r + 3u, pair_3(own), w, low, high);
  }
}

// The products of the first rows of a tile, of which there are so many, at most four.
fn sum_few_rows(count: u32, first_row: u32, column: u32, lane: u32, low: ptr<function, array<vec4f, MAX_ROWS>>,
                 high: ptr<function, array<vec4f, MAX_ROWS>>) {
  let first_four = input_of_four_rows(0u, first_row, lane);
  for (var group = 0u; group < group_count(); group++) {
    let start = group * group_octets();
    let s = load_scales(column, start);
    let end = start + group_octets() + unknown_zero();
    for (var k = start; k < end; k++) {
      add_four_rows(0u, count, first_four, k, lane, load_eight(column, k, s), low, high);
    }
  }
}

// The products of one row: of a tile of one, or of one that has room for more. A tree that turned out to
// be its root alone costs what a plain step costs.
fn sum_one_row(row: u32, column: u32, lane: u32) -> Octet {
  let input_start = input_of(row);
  var low: vec4f;
  var high: vec4f;
  for (var group = 0u; group < group_count(); group++) {
    let start = group * group_octets();
    let s = load_scales(column, start);
    let end = start + group_octets() + unknown_zero();
    for (var k = start; k < end; k++) {
      let w = load_eight(column, k, s);
      let x = pair_0(load_input_from(input_start, 2u * k + lane % 2u));
      low = accumulate(low, x, w[0], w[1], w[2], w[3]);
      high = accumulate(high, x, w[4], w[5], w[6], w[7]);
    }
  }
  return Octet(low, high);
}
