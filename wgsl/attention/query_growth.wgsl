// The factor by which the queries of far positions grow, so that attention stays sharp over long texts.

override QUERY_GROWTH: f32 = 0; // β; 0 if queries do not grow.
override QUERY_GROWTH_AFTER: u32 = 1; // Positions after which they grow, each time.

// 1 + β · ln(1 + ⌊position / QUERY_GROWTH_AFTER⌋), and exactly 1 before they grow.
fn query_growth(position: u32) -> f32 {
  let times = position / QUERY_GROWTH_AFTER;
  if (QUERY_GROWTH == 0.0 || times == 0u) {
    return 1.0;
  }
  return fma(QUERY_GROWTH, log(1.0 + f32(times)), 1.0);
}
