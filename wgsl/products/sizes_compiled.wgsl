// Sizes of a product as constants of the pipeline: a compiler may count with them, and each set of sizes
// has to be compiled. What they are stands in sizes_uniform.wgsl.

override INNER: u32;
override COLUMNS: u32;
override FIRST_OCTET: u32;
override FIRST_ROW: u32;
override INPUT_STRIDE: u32;
override OUTPUT_STRIDE: u32;
override EPSILON: f32;

fn inner() -> u32 { return INNER; }
fn column_count() -> u32 { return COLUMNS; }
fn slice_start() -> u32 { return FIRST_OCTET; }
fn skipped_rows() -> u32 { return FIRST_ROW; }
fn input_stride() -> u32 { return INPUT_STRIDE; }
fn output_stride() -> u32 { return OUTPUT_STRIDE; }
fn epsilon() -> f32 { return EPSILON; }
