// Adds each position's row to the sums of its token, the positions in ascending order. One invocation per
// four numbers of a token's factors.

// [COUNT, WIDTH].
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [TOKENS, WIDTH].
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= WIDTH) {
    return;
  }
  for (var row = 0u; row < COUNT; row++) {
    let place = place_at(FIRST + row);
    if (place < TOKENS) {
      sums[place * WIDTH + id.x] += values[row * WIDTH + id.x];
    }
  }
}
