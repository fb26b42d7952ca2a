// The gradient of x + silu(W x + b) with respect to W x, which takes the place of that product. The state
// of a row is the one that its token names.

// [rows, WIDTH].
@group(0) @binding(2) var<storage, read> gradient: array<vec4f>;
// [states, HEADS, WIDTH]: W x, and then the gradient with respect to it.
@group(0) @binding(3) var<storage, read_write> products: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (row >= rows.count || column >= WIDTH) {
    return;
  }
  let head = row / PER_HEAD;
  let at = product_index(rows.row[row].token, head, column);
  let sum = products[at] + bias[head * WIDTH + column];
  let sigmoid = vec4(1.0) / (vec4(1.0) + exp(-sum));
  let slope = sigmoid * (vec4(1.0) + sum * (vec4(1.0) - sigmoid));
  products[at] = gradient[row * WIDTH + column] * slope;
}
