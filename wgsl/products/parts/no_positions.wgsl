// Embeddings of tokens alone.

fn positioned(row: u32, octet: u32, value: Octet) -> Octet {
  return value;
}
