// What the residual block of Medusa's heads and its gradient share. The rows come head by head, PER_HEAD
// of each. One invocation per four numbers of a row.

override WIDTH: u32; // Length of a state, in vec4.
override HEADS: u32;
override PER_HEAD: u32; // Rows of each head.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [HEADS, WIDTH]: b.
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;

// Where the product of a state with the matrix of a head is, in [states, HEADS, WIDTH].
fn product_index(state: u32, head: u32, column: u32) -> u32 {
  return (state * HEADS + head) * WIDTH + column;
}
