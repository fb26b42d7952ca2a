// sums[i, j] += Σ_r left[r, i] · right[r, j]: how often what happened together. One invocation per
// 8 × 8 of the sums, the rows in ascending order.

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

fn add(at: u32, low: vec4f, high: vec4f) {
  sums[at] += low;
  sums[at + 1u] += high;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = id.x;
  let i = id.y;
  if (8u * j >= RIGHT_SIZE) {
    return;
  }
  var low = array<vec4f, 8>();
  var high = array<vec4f, 8>();
  for (var r = 0u; r < COUNT; r++) {
    let a_at = (FIRST_LEFT + r) * (LEFT_SIZE / 4u) + 2u * i;
    let b_at = (FIRST_RIGHT + r) * (RIGHT_SIZE / 4u) + 2u * j;
    let a = left[a_at];
    let more_a = left[a_at + 1u];
    let b = right[b_at];
    let more_b = right[b_at + 1u];
    low[0] = fma(vec4(a.x), b, low[0]);
    high[0] = fma(vec4(a.x), more_b, high[0]);
    low[1] = fma(vec4(a.y), b, low[1]);
    high[1] = fma(vec4(a.y), more_b, high[1]);
    low[2] = fma(vec4(a.z), b, low[2]);
    high[2] = fma(vec4(a.z), more_b, high[2]);
    low[3] = fma(vec4(a.w), b, low[3]);
    high[3] = fma(vec4(a.w), more_b, high[3]);
    low[4] = fma(vec4(more_a.x), b, low[4]);
    high[4] = fma(vec4(more_a.x), more_b, high[4]);
    low[5] = fma(vec4(more_a.y), b, low[5]);
    high[5] = fma(vec4(more_a.y), more_b, high[5]);
    low[6] = fma(vec4(more_a.z), b, low[6]);
    high[6] = fma(vec4(more_a.z), more_b, high[6]);
    low[7] = fma(vec4(more_a.w), b, low[7]);
    high[7] = fma(vec4(more_a.w), more_b, high[7]);
  }
  let at = 8u * i * (RIGHT_SIZE / 4u) + 2u * j;
  for (var row = 0u; row < 8u; row++) {
    add(at + row * (RIGHT_SIZE / 4u), low[row], high[row]);
  }
}
