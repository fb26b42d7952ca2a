// sums[i, j] += Σ_r left[r, i] · right[r, j], the outer products of rows. One invocation per
// 16 × 8 of the sums, the rows in ascending order. The driver does not unroll loops this large, so
// the sixteen are written out by fours.

override LEFT_SIZE: u32; // Numbers of a left row; a multiple of 8.
override RIGHT_SIZE: u32; // Numbers of a right row; a multiple of 8.
override FIRST_LEFT: u32; // First left row.
override FIRST_RIGHT: u32; // First right row.
override COUNT: u32; // Rows.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> left: array<vec4f>;
@group(0) @binding(1) var<storage, read> right: array<vec4f>;
// [LEFT_SIZE, RIGHT_SIZE].
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

fn add_products(i: u32, a: vec4f, b: vec4f, more_b: vec4f, low: ptr<function, array<vec4f, 16>>,
                high: ptr<function, array<vec4f, 16>>) {
  (*low)[i] = fma(vec4(a.x), b, (*low)[i]);
  (*high)[i] = fma(vec4(a.x), more_b, (*high)[i]);
  (*low)[i + 1u] = fma(vec4(a.y), b, (*low)[i + 1u]);
  (*high)[i + 1u] = fma(vec4(a.y), more_b, (*high)[i + 1u]);
  (*low)[i + 2u] = fma(vec4(a.z), b, (*low)[i + 2u]);
  (*high)[i + 2u] = fma(vec4(a.z), more_b, (*high)[i + 2u]);
  (*low)[i + 3u] = fma(vec4(a.w), b, (*low)[i + 3u]);
  (*high)[i + 3u] = fma(vec4(a.w), more_b, (*high)[i + 3u]);
}

fn add_to_sums(first: u32, column: u32, i: u32, low: ptr<function, array<vec4f, 16>>,
               high: ptr<function, array<vec4f, 16>>) {
  for (var row = i; row < i + 4u; row++) {
    let at = ((first + row) * RIGHT_SIZE + column) / 4u;
    sums[at] += (*low)[row];
    sums[at + 1u] += (*high)[row];
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = 16u * id.y;
  let column = 8u * id.x;
  if (column >= RIGHT_SIZE) {
    return;
  }
  var low = array<vec4f, 16>();
  var high = array<vec4f, 16>();
  for (var r = 0u; r < COUNT; r++) {
    let a_at = ((FIRST_LEFT + r) * LEFT_SIZE + first) / 4u;
    let b_at = ((FIRST_RIGHT + r) * RIGHT_SIZE + column) / 4u;
    let b = right[b_at];
    let more_b = right[b_at + 1u];
    add_products(0u, left[a_at], b, more_b, &low, &high);
    add_products(4u, left[a_at + 1u], b, more_b, &low, &high);
    // The last eight may be the next row's, which are then not stored.
    add_products(8u, left[a_at + 2u], b, more_b, &low, &high);
    add_products(12u, left[a_at + 3u], b, more_b, &low, &high);
  }
  add_to_sums(first, column, 0u, &low, &high);
  add_to_sums(first, column, 4u, &low, &high);
  if (first + 8u < LEFT_SIZE) {
    add_to_sums(first, column, 8u, &low, &high);
    add_to_sums(first, column, 12u, &low, &high);
  }
}
