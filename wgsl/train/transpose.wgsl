// The transposed matrix: an invocation turns eight columns of eight weights into eight columns of
// eight weights of the other. Weights are moved as bits, in whichever order they lie.

override COLUMNS: u32; // Columns of this slice of the source.
override INNER: u32; // Weights per column of the source; a multiple of 8.
override FIRST_COLUMN: u32; // Where the slice begins in the source; a multiple of 8.
override TARGET_FIRST_COLUMN: u32; // Where the target's slice begins; a multiple of 8.
override TARGET_COLUMNS: u32; // Columns of the target's slice.
override TARGET_INNER: u32; // Weights per column of the target.
override HALF: bool; // Two weights in a word.
override SIDE_BY_SIDE: u32; // Both matrices: columns whose same octets follow each other.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> source: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> target_weights: array<vec4u>;

fn octet_index(column: u32, octet: u32, inner: u32) -> u32 {
  return (column / SIDE_BY_SIDE * (inner / 8u) + octet) * SIDE_BY_SIDE + column % SIDE_BY_SIDE;
}

// Weight i of a source octet as the lower bits of a word.
fn weight_of(column: u32, octet: u32, i: u32) -> u32 {
  let index = octet_index(column, octet, INNER);
  if (HALF) {
    return source[index][i / 2u] >> (16u * (i % 2u)) & 0xffffu;
  }
  return source[2u * index + i / 4u][i % 4u];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = 8u * id.x; // First of the eight source columns, in the slice.
  let octet = TARGET_FIRST_COLUMN / 8u + id.y;
  if (first >= COLUMNS || 8u * id.y >= TARGET_COLUMNS) {
    return;
  }
  for (var i = 0u; i < 8u; i++) {
    var weights = array<u32, 8>();
    for (var c = 0u; c < 8u; c++) {
      if (first + c < COLUMNS) {
        weights[c] = weight_of(first + c, octet, i);
      }
    }
    let at = octet_index(8u * id.y + i, (FIRST_COLUMN + first) / 8u, TARGET_INNER);
    if (HALF) {
      target_weights[at] = vec4(weights[0] | weights[1] << 16u, weights[2] | weights[3] << 16u,
                                weights[4] | weights[5] << 16u, weights[6] | weights[7] << 16u);
    } else {
      target_weights[2u * at] = vec4(weights[0], weights[1], weights[2], weights[3]);
      target_weights[2u * at + 1u] = vec4(weights[4], weights[5], weights[6], weights[7]);
    }
  }
}
