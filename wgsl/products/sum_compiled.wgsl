// How long the sums of a product are, as constants of the pipeline: the compiler counts with them where
// sums are added up, and each length has to be compiled.

override INNER: u32; // Weights per column of the matrix; a multiple of 8.
override INPUT_STRIDE: u32; // Distance of input rows, in vec4.

fn inner() -> u32 { return INNER; }
fn input_stride() -> u32 { return INPUT_STRIDE; }
fn unknown_zero() -> u32 { return 0u; } // See sum_uniform.wgsl.
