// Attention with sinks: a learnt logit of each query head joins the denominator of its softmax, and nothing
// else. OpenAI, "gpt-oss-120b & gpt-oss-20b Model Card" (2025).

// [kv_heads · HEAD_BLOCKS · HEADS].
@group(0) @binding(5) var<storage, read> sinks: array<f32>;

// exp must not overflow. With a sink this far above all scores, the output is as good as zero.
const GREATEST_EXPONENT = 80.0;

// What the sums of a query, `index` of [rows, heads], are divided by; `mass` is that of its keys.
fn denominator(index: u32, mass: f32, greatest: f32) -> f32 {
  return mass + exp(min(sinks[index % all_heads()] - greatest, GREATEST_EXPONENT));
}
