// Epilogue: the product is added to the residual stream or takes its place, and the next norm's
// input is prepared.

override REPLACE: bool = false; // The product takes the place of the residual stream.

struct ResidualPlaces {
  first_output_row: u32, // Where the first row's residual stream stands.
  map_rows: u32, // How far the rows of neighbouring maps are apart.
  residual_scale: f32, // Factor of what is added.
}

@group(0) @binding(24) var<uniform> residual: ResidualPlaces;

// [rows, output_stride()], see residual_stream.wgsl. Columns beyond the length of a row belong to the next map.
@group(0) @binding(3) var<storage, read_write> hidden: array<vec4f>;
// [rows, 3 · output_stride() / 2], prepared rows for the norm that comes next.
@group(0) @binding(4) var<storage, read_write> prepared: array<vec4f>;
// [output_stride()], the weight of that norm.
@group(0) @binding(5) var<storage, read> norm_weight: array<vec4f>;

fn finish_octet(row: u32, column_octet: u32, product: Octet) {
  let map = column_octet / (output_stride() / 2u);
  let target_row = residual.first_output_row + row + map * residual.map_rows;
  let octet = column_octet % (output_stride() / 2u);
  var low = product.low * residual.residual_scale;
  var high = product.high * residual.residual_scale;
  if (!REPLACE) {
    let before = (stream_rows.from_row + target_row) * output_stride() + 2u * octet;
    low += hidden[before];
    high += hidden[before + 1u];
  }
  let after = (stream_rows.to_row + target_row) * output_stride() + 2u * octet;
  hidden[after] = low;
  hidden[after + 1u] = high;
  let base = target_row * (output_stride() + output_stride() / 2u);
  prepared[base + 2u * octet] = low * norm_weight[2u * octet];
  prepared[base + 2u * octet + 1u] = high * norm_weight[2u * octet + 1u];
  prepared[base + output_stride() + octet] = fma(low, low, high * high);
}
