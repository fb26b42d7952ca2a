// 1 if the other comes first; of equal values that with the lower index does.
fn before(other: f32, other_index: u32, own: f32, own_index: u32) -> u32 {
  return select(0u, 1u, other > own || (other == own && other_index < own_index));
}
