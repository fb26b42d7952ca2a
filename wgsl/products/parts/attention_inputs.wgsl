// Epilogue: columns are query, key and value heads, which go to the queries and the cache.

fn finish_octet(row: u32, octet: u32, product: Octet) {
  let head = octet / (HEAD_DIM / 8u);
  let head_octet = octet % (HEAD_DIM / 8u);
  place_head_octet(row, head, head_octet, rotated_octet(row, head, head_octet, product));
}
