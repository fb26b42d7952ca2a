// The sums of squares of prepared rows, in one order whatever the tile: 64 classes of octets, an octet
// being a vector of four sums of two; of eight classes each one's neighbours; then the eight. What the
// invocations of the layout have passes through its workgroup memory, `keep_vector` and `kept_vector`, with
// room for CLASSES vectors of each row.

const CLASSES = 64u;

// Of one of the classes, in ascending order.
fn squares_of_class(row: u32, class_: u32) -> vec4f {
  let start = input_of(row);
  let octets = inner() / 8u + unknown_zero();
  var sum = vec4f();
  for (var octet = class_; octet < octets; octet += 2u * CLASSES) {
    sum += squares_vector(start, octet);
    if (octet + CLASSES < octets) { sum += squares_vector(start, octet + CLASSES); }
  }
  return sum;
}

// Eight vectors from `at` on, `step` apart, in ascending order.
fn add_eight(at: u32, step: u32) -> vec4f {
  var sum = kept_vector(at);
  for (var i = 1u; i < 8u; i++) {
    sum += kept_vector(at + i * step);
  }
  return sum;
}

// Keeps what `squares_in` adds up: for `count` rows from `first` on.
fn gather_squares(first: u32, count: u32, local: u32) {
  for (var task = local; task < CLASSES * count; task += WORKGROUP) {
    keep_vector(task, squares_of_class(first + task / CLASSES, task % CLASSES));
  }
  workgroupBarrier();
  for (var task = local; task < 8u * count; task += WORKGROUP) {
    keep_vector(8u * task, add_eight(8u * task, 1u));
  }
  workgroupBarrier();
}

// The sum of squares of one of the gathered rows.
fn squares_in(i: u32) -> f32 {
  let sum = add_eight(CLASSES * i, 8u);
  return (sum.x + sum.y) + (sum.z + sum.w);
}
