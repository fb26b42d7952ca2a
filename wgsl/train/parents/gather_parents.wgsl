// Brings the factors of each position's token to its row; zeros if it has none. One invocation per four
// numbers.

// [TOKENS, WIDTH].
@group(0) @binding(1) var<storage, read> factors: array<vec4f>;
// [COUNT, WIDTH].
@group(0) @binding(2) var<storage, read_write> states: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x / WIDTH;
  if (row >= COUNT) {
    return;
  }
  let place = place_at(FIRST + row);
  var four = vec4f();
  if (place < TOKENS) {
    four = factors[place * WIDTH + id.x % WIDTH];
  }
  states[id.x] = four;
}
