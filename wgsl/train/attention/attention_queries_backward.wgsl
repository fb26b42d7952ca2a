// The gradient of attention with respect to its queries. With weights P = softmax(s(q · k)) and the
// gradient g with respect to the output o, it is Σ P (g · v − g · o) s'(q · k) k over the keys that a
// row sees: see `Row`. The greatest score so far is the reference of the exponentials.
//
// One invocation per row and head, neighbouring rows side by side: rows of neighbouring positions
// meet the same key at the same time.

override ANCESTORS: u32; // Room for ancestors per row.

// [rows, ANCESTORS]: slots of the positions from `prefix` on, the row's own slot last.
@group(0) @binding(6) var<storage, read> ancestors: array<u32>;
// [rows, HEADS, HEAD_DIM]: o.
@group(0) @binding(7) var<storage, read> attended: array<vec4f>;
// [rows, HEADS].
@group(0) @binding(8) var<storage, read_write> statistics: array<Statistics>;

var<private> query: array<Octet, MAX_OCTETS>;
var<private> above: array<Octet, MAX_OCTETS>; // g
var<private> sum: array<Octet, MAX_OCTETS>;
var<private> greatest: f32;
var<private> mass: f32;
var<private> mean: f32; // g · o

fn add_key(slot: u32, kv_head: u32) {
  var key: array<Octet, MAX_OCTETS>;
  var products = vec4f();
  var gains = vec4f();
  for (var o = 0u; o < HEAD_DIM / 8u; o++) {
    key[o] = load_cached(KEYS, slot, kv_head, o);
    products = add_product(products, query[o], key[o]);
    gains = add_product(gains, above[o], load_cached(VALUES, slot, kv_head, o));
  }
  let score = score_of(total(products));
  let next = max(greatest, score.value);
  let factor = exp(greatest - next);
  let weight = exp(score.value - next);
  let share = weight * (total(gains) - mean) * score.slope;
  greatest = next;
  mass = fma(mass, factor, weight);
  for (var o = 0u; o < HEAD_DIM / 8u; o++) {
    sum[o] = Octet(fma(sum[o].low, vec4(factor), share * key[o].low),
                   fma(sum[o].high, vec4(factor), share * key[o].high));
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let head = id.y;
  if (row >= rows.count) {
    return;
  }
  let own = rows.row[row];
  let kv_head = head / (HEADS / cache_layout.kv_heads);
  let base = (row * HEADS + head) * (HEAD_DIM / 4u);
  var products = vec4f();
  for (var o = 0u; o < HEAD_DIM / 8u; o++) {
    query[o] = Octet(queries[base + 2u * o], queries[base + 2u * o + 1u]);
    above[o] = Octet(attended_gradient[base + 2u * o], attended_gradient[base + 2u * o + 1u]);
    sum[o] = Octet();
    products = add_product(products, above[o], Octet(attended[base + 2u * o], attended[base + 2u * o + 1u]));
  }
  mean = total(products);
  greatest = -3.0e38;
  mass = 0.0;
  var first = 0u;
  if (WINDOW > 0u) {
    first = own.position + 1u - min(own.position + 1u, WINDOW);
  }
  for (var position = first; position < own.prefix; position++) {
    add_key(position, kv_head);
  }
  for (var position = max(own.prefix, first); position <= own.position; position++) {
    add_key(ancestors[row * ANCESTORS + position - own.prefix], kv_head);
  }
  for (var o = 0u; o < HEAD_DIM / 8u; o++) {
    let factor = 1.0 / mass;
    store_gradient(row, head, o, Octet(sum[o].low * factor, sum[o].high * factor));
  }
  statistics[row * HEADS + head] = Statistics(greatest + log(mass), mean);
}
