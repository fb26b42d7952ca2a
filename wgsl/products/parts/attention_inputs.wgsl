// Epilogue: columns are query, key and value heads, which go to the queries and the cache.

fn finish_octet(row: u32, octet: u32, product: Octet) {
  place_head_octet(row, octet / (HEAD_DIM / 8u), octet % (HEAD_DIM / 8u), product);
}
