// What the attention kernels have in common: which heads a workgroup serves, which positions a row sees, and
// how what it gathers of them is summed.
//
// A row sees the logical positions up to its own, all of them or the last WINDOW.

override HEADS: u32; // Query heads of a workgroup, which share a key-value head.
override HEAD_BLOCKS: u32; // Workgroups that share a key-value head.
override OCTETS = HEAD_DIM / 8u;
override WINDOW: u32 = 0; // Positions that a row sees, its own included; 0 if all.

const MASKED = -3.0e38;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, kv_heads · HEAD_BLOCKS · HEADS, HEAD_DIM / 4], but for attention_spans.wgsl.
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

// Query heads of a row.
fn all_heads() -> u32 {
  return cache_layout.kv_heads * HEAD_BLOCKS * HEADS;
}

// The first position that a row at `position` sees.
fn first_visible(position: u32) -> u32 {
  if (WINDOW == 0u) {
    return 0u;
  }
  return position + 1u - min(position + 1u, WINDOW);
}

// What a query has gathered so far: its greatest score, its mass, and eight value dimensions.
struct Sum { greatest: f32, mass: f32, value: Octet }

// Makes `greatest` the new reference of the exponentials. Masses are not negative: the maximum keeps a device from
// fusing the product with the sum that comes next in one kernel and not in another.
fn rescale(sum: Sum, greatest: f32) -> Sum {
  let factor = exp(sum.greatest - greatest);
  let mass = max(sum.mass * factor, 0.0);
  return Sum(greatest, mass, Octet(sum.value.low * factor, sum.value.high * factor));
}

fn add_value(sum: Sum, weight: f32, v: Octet) -> Sum {
  let value = Octet(fma(vec4(weight), v.low, sum.value.low), fma(vec4(weight), v.high, sum.value.high));
  return Sum(sum.greatest, sum.mass + weight, value);
}
