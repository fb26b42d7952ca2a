// The residual block of Medusa's heads: x + silu(W x + b), where the product W x is given. The state
// of a row is the one that its token names.

// [states, WIDTH]: x.
@group(0) @binding(2) var<storage, read> states: array<vec4f>;
// [states, HEADS, WIDTH]: W x.
@group(0) @binding(3) var<storage, read> products: array<vec4f>;
// [rows, WIDTH].
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (row >= rows.count || column >= WIDTH) {
    return;
  }
  let head = row / PER_HEAD;
  let state = rows.row[row].token;
  let sum = products[product_index(state, head, column)] + bias[head * WIDTH + column];
  output[row * WIDTH + column] = states[state * WIDTH + column] + sum / (vec4(1.0) + exp(-sum));
}
