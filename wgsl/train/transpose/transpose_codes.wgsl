// The transposed matrix of one of codes, in half precision: an invocation turns eight columns of eight
// weights into eight columns of eight weights of the other.

override WORKGROUP: u32;

@group(0) @binding(2) var<storage, read_write> target_weights: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = 8u * id.x; // First of the eight source columns, in the slice.
  let octet = id.y;
  if (first >= sizes.columns || octet >= inner() / 8u) {
    return;
  }
  var columns = array<array<f32, 8>, 8>();
  for (var c = 0u; c < 8u; c++) {
    if (first + c < sizes.columns) {
      let value = load_weights(first + c, octet);
      columns[c] = array(value.low.x, value.low.y, value.low.z, value.low.w,
                         value.high.x, value.high.y, value.high.z, value.high.w);
    }
  }
  for (var i = 0u; i < 8u; i++) {
    // Below the target's slice this is a large number.
    let target_column = places_of(2u * octet + i / 4u)[i % 4u] - sizes.target_first_column;
    if (target_column >= sizes.target_columns) {
      continue;
    }
    let low = vec4(columns[0][i], columns[1][i], columns[2][i], columns[3][i]);
    let high = vec4(columns[4][i], columns[5][i], columns[6][i], columns[7][i]);
    let place = place_of(target_column, (sizes.first_column + first) / 8u, sizes.target_inner / 8u);
    target_weights[place] = pack_f16(Octet(low, high));
  }
}
