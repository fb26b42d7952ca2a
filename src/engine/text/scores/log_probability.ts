/** log Σ exp(logit), in float64; the log probability of a token is its logit less this. */
export function logSumOfExponentials(logits: Float32Array): number {
  const most = logits.reduce((largest, logit) => Math.max(largest, logit), -Infinity);
  return most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
}
