// What kernels share that take positions of a text to the factors of the tokens there, as parents of what
// comes next.

override FIRST: u32; // First of the positions.
override COUNT: u32; // Positions.
override TOKENS: u32; // Tokens that have factors.
override WIDTH: u32; // Length of a token's factors, in vec4.
override WORKGROUP: u32;

// [positions of the text]: the place of the token that follows each, TOKENS or more if it has no factors.
@group(0) @binding(0) var<storage, read> next_tokens: array<u32>;

// Which token's factors belong to a position. The first has none: nothing is said of what comes after it.
fn place_at(position: u32) -> u32 {
  return select(TOKENS, next_tokens[max(position, 1u) - 1u], position > 0u);
}
