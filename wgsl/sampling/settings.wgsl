// How tokens are chosen. `log_min_p` is the logarithm of min-p; the seed's words are its low and its
// high one.
struct Settings {
  temperature: f32,
  top_k: u32,
  top_p: f32,
  log_min_p: f32,
  penalty: f32,
  seed_low: u32,
  seed_high: u32,
}
