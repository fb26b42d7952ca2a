// The weights of a column are out of order: those of one group were brought together.

const PERMUTED = true;

// [inner() / 4]: where each weight belongs.
@group(0) @binding(11) var<storage, read> places: array<vec4u>;

fn places_of(quad: u32) -> vec4u {
  return places[quad];
}
