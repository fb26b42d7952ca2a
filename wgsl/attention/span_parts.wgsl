// Where the sums of spans lie, [rows · heads, spans, 1 + 2 · OCTETS]: the greatest score and the mass, then the
// values. Spans are counted from the first that a row sees.

struct SpanParts { spans: u32 } // Spans of a row that there is room for.

@group(0) @binding(24) var<uniform> span_parts: SpanParts;

fn part_at(query: u32, span: u32) -> u32 {
  return (query * span_parts.spans + span) * (1u + 2u * OCTETS);
}
