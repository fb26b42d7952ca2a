// The transposed matrix: an invocation turns eight columns of eight weights into eight columns of
// eight weights of the other. Weights are moved as bits, in whichever order they lie.

override HALF: bool; // Two weights in a word.
override SIDE_BY_SIDE: u32; // Both matrices: columns whose same octets follow each other.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> source: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> target_weights: array<vec4u>;

fn octet_index(column: u32, octet: u32, length: u32) -> u32 {
  return (column / SIDE_BY_SIDE * (length / 8u) + octet) * SIDE_BY_SIDE + column % SIDE_BY_SIDE;
}

// Weight i of a source octet as the lower bits of a word.
fn weight_of(column: u32, octet: u32, i: u32) -> u32 {
  let index = octet_index(column, octet, inner());
  if (HALF) {
    return (source[index][i / 2u] >> (16u * (i % 2u))) & 0xffffu;
  }
  return source[2u * index + i / 4u][i % 4u];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = 8u * id.x; // First of the eight source columns, in the slice.
  let octet = sizes.target_first_column / 8u + id.y;
  if (first >= sizes.columns || 8u * id.y >= sizes.target_columns) {
    return;
  }
  for (var i = 0u; i < 8u; i++) {
    var weights = array<u32, 8>();
    for (var c = 0u; c < 8u; c++) {
      if (first + c < sizes.columns) {
        weights[c] = weight_of(first + c, octet, i);
      }
    }
    let at = octet_index(8u * id.y + i, (sizes.first_column + first) / 8u, sizes.target_inner);
    if (HALF) {
      target_weights[at] = vec4(weights[0] | (weights[1] << 16u), weights[2] | (weights[3] << 16u),
                                weights[4] | (weights[5] << 16u), weights[6] | (weights[7] << 16u));
    } else {
      target_weights[2u * at] = vec4(weights[0], weights[1], weights[2], weights[3]);
      target_weights[2u * at + 1u] = vec4(weights[4], weights[5], weights[6], weights[7]);
    }
  }
}
