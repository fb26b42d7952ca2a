// Positions are cut into spans, at the same positions for all rows. What a query gathers of a span is summed by
// itself, and spans are merged in ascending order. So the bits are the same whether one workgroup walks through
// all spans or each has a workgroup of its own, after Tri Dao et al., "Flash-Decoding for long-context inference"
// (2023), which cuts by the number of positions.

override SPAN: u32; // Positions; a multiple of the kernels' CHUNK.

// What a query has gathered before a span and in it. Spans of which it sees nothing change no bit.
fn merged(before: Sum, span: Sum) -> Sum {
  if (span.greatest == MASKED) { return before; }
  if (before.greatest == MASKED) { return span; }
  let greatest = max(before.greatest, span.greatest);
  let old = exp(before.greatest - greatest);
  let fresh = exp(span.greatest - greatest);
  let mass = fma(span.mass, fresh, before.mass * old);
  let low = fma(span.value.low, vec4(fresh), before.value.low * old);
  return Sum(greatest, mass, Octet(low, fma(span.value.high, vec4(fresh), before.value.high * old)));
}
