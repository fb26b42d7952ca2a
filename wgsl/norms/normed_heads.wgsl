// Which heads are normalised together, and where their weights stand. A kernel adds how many there are:
// `query_heads()` and `key_heads()`.

override ALL_HEADS: bool; // All query heads together and all key heads; else each by itself.
override OWN_WEIGHTS: bool; // Each head has weights of its own; else all query heads share some, and all key heads.
override HEAD_OCTETS = HEAD_DIM / 8u;

// Neighbouring heads, seen from the first query head.
struct Heads { first: u32, count: u32 }

fn heads_of(group: u32) -> Heads {
  if (!ALL_HEADS) {
    return Heads(group, 1u);
  }
  if (group == 0u) {
    return Heads(0u, query_heads());
  }
  return Heads(query_heads() + (group - 1u) * key_heads(), key_heads());
}

// Place of the weight of an octet of a query or key head: weights of queries, then of keys,
// [HEAD_DIM / 4] each, or with OWN_WEIGHTS [heads, HEAD_DIM / 4].
fn weight_place(head: u32, octet: u32) -> u32 {
  if (OWN_WEIGHTS) {
    return 2u * (head * HEAD_OCTETS + octet);
  }
  return 2u * (select(0u, HEAD_OCTETS, head >= query_heads()) + octet);
}
