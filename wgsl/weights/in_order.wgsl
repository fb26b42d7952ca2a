// The weights of a column stand where they belong.

const PERMUTED = false;

fn places_of(quad: u32) -> vec4u {
  return 4u * quad + vec4(0u, 1u, 2u, 3u);
}
