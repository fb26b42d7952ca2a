// How long the sums of a product are, known when it runs.

struct SumSizes {
  inner: u32, // Weights per column of the matrix; a multiple of 8.
  input_stride: u32, // Distance of input rows, in vec4.
}

@group(0) @binding(23) var<uniform> sum_sizes: SumSizes;

fn inner() -> u32 { return sum_sizes.inner; }
fn input_stride() -> u32 { return sum_sizes.input_stride; }

// Mesa's software driver compiles a kernel anew, at each dispatch, for the values of a uniform that alone
// bounds a loop. Bounds have this added, which the driver does not know: there are never 2³¹ rows.
fn unknown_zero() -> u32 { return rows.count >> 31u; }
