// Sizes of a product that only say where something stands. They are known when it runs, so that matrices
// of other sizes share the pipeline.

struct ProductSizes {
  columns: u32, // Columns of this slice of the matrix.
  first_octet: u32, // Octets of the matrix before this slice.
  first_row: u32, // The batch's rows before this one are passed over,
  end_row: u32, // and those from this one on.
  output_stride: u32, // Distance of output rows, in vec4.
  epsilon: f32, // Of the norm of prepared rows.
}

@group(0) @binding(20) var<uniform> product_sizes: ProductSizes;

fn column_count() -> u32 { return product_sizes.columns; }
fn slice_start() -> u32 { return product_sizes.first_octet; }
fn skipped_rows() -> u32 { return product_sizes.first_row; }
fn end_row() -> u32 { return min(rows.count, product_sizes.end_row); }
fn output_stride() -> u32 { return product_sizes.output_stride; }
fn epsilon() -> f32 { return product_sizes.epsilon; }
