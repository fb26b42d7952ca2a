// The gradients of attention with respect to the rows' own keys and values. The key of row r is seen
// by r and by the rows r + ORIGINS, r + 2 · ORIGINS, … that share its origin. With P, g and o as for
// the queries, they are Σ P (g · v − g · o) s'(q · k) q and Σ P · g over the rows and heads that see it.
// One invocation per row and key-value head.

override ORIGINS: u32;

// [rows, HEADS].
@group(0) @binding(6) var<storage, read> statistics: array<Statistics>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let kv_head = id.y;
  if (row >= rows.count) {
    return;
  }
  let slot = rows.row[row].slot;
  let position = rows.row[row].position;
  var key: array<Octet, MAX_OCTETS>;
  var value: array<Octet, MAX_OCTETS>;
  var key_sum: array<Octet, MAX_OCTETS>;
  var value_sum: array<Octet, MAX_OCTETS>;
  for (var o = 0u; o < HEAD_DIM / 8u; o++) {
    key[o] = load_cached(KEYS, slot, kv_head, o);
    value[o] = load_cached(VALUES, slot, kv_head, o);
  }
  let group = HEADS / cache_layout.kv_heads;
  for (var other = row; other < rows.count; other += ORIGINS) {
    if (WINDOW > 0u && rows.row[other].position - position >= WINDOW) {
      continue;
    }
    for (var head = kv_head * group; head < (kv_head + 1u) * group; head++) {
      let base = (other * HEADS + head) * (HEAD_DIM / 4u);
      var products = vec4f();
      var gains = vec4f();
      for (var o = 0u; o < HEAD_DIM / 8u; o++) {
        let at = base + 2u * o;
        products = add_product(products, Octet(queries[at], queries[at + 1u]), key[o]);
        gains = add_product(gains, Octet(attended_gradient[at], attended_gradient[at + 1u]), value[o]);
      }
      let known = statistics[other * HEADS + head];
      let score = score_of(total(products));
      let weight = exp(score.value - known.log_mass);
      let share = weight * (total(gains) - known.mean) * score.slope;
      for (var o = 0u; o < HEAD_DIM / 8u; o++) {
        let at = base + 2u * o;
        key_sum[o] = Octet(fma(vec4(share), queries[at], key_sum[o].low),
                           fma(vec4(share), queries[at + 1u], key_sum[o].high));
        value_sum[o] = Octet(fma(vec4(weight), attended_gradient[at], value_sum[o].low),
                             fma(vec4(weight), attended_gradient[at + 1u], value_sum[o].high));
      }
    }
  }
  for (var o = 0u; o < HEAD_DIM / 8u; o++) {
    store_gradient(row, HEADS + kv_head, o, key_sum[o]);
    store_gradient(row, HEADS + cache_layout.kv_heads + kv_head, o, value_sum[o]);
  }
}
