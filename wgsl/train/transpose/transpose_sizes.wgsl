// What both ways of transposing are told about the two matrices.

struct TransposeSizes {
  columns: u32, // Columns of this slice of the source.
  inner: u32, // Weights per column of the source; a multiple of 8.
  first_column: u32, // Where the slice begins in the source; a multiple of 8.
  target_first_column: u32, // Where the target's slice begins; a multiple of 8.
  target_columns: u32, // Columns of the target's slice.
  target_inner: u32, // Weights per column of the target.
}

@group(0) @binding(20) var<uniform> sizes: TransposeSizes;

fn inner() -> u32 {
  return sizes.inner;
}

fn unknown_zero() -> u32 {
  return 0u; // No loop needs it, see sum_uniform.wgsl.
}
