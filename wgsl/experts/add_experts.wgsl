// hidden += ADDED_SCALE · (Σ weight · what an expert gives + what the shared expert gives), and the next norm's
// input. The sum goes by the ranks of a row's experts. One invocation per octet of a row.

override WORKGROUP: u32;
override WIDTH: u32; // A multiple of 8.
override CHOSEN: u32; // Experts of a row.
override ADDED_SCALE: f32 = 1;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [pairs, WIDTH / 4].
@group(0) @binding(1) var<storage, read> outputs: array<vec4f>;
// [rows, CHOSEN]: where among the pairs a row's experts stand.
@group(0) @binding(2) var<storage, read> places: array<u32>;
// [rows, CHOSEN].
@group(0) @binding(3) var<storage, read> expert_weights: array<f32>;
// [rows, WIDTH / 4], see residual_stream.wgsl.
@group(0) @binding(4) var<storage, read_write> hidden: array<vec4f>;
// [rows, 3 · WIDTH / 8], prepared rows for the norm that comes next.
@group(0) @binding(5) var<storage, read_write> prepared: array<vec4f>;
// [WIDTH / 4], the weight of that norm.
@group(0) @binding(6) var<storage, read> norm_weight: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.y;
  let octet = group.x * WORKGROUP + local;
  if (row >= rows.count || octet >= WIDTH / 8u) {
    return;
  }
  let vectors = WIDTH / 4u;
  let at = 2u * octet;
  var sum = Octet();
  for (var i = row * CHOSEN; i < (row + 1u) * CHOSEN; i++) {
    let source = places[i] * vectors + at;
    let weight = vec4(expert_weights[i]);
    sum = Octet(fma(weight, outputs[source], sum.low), fma(weight, outputs[source + 1u], sum.high));
  }
  sum = add_shared(sum, row, at);
  let before = (stream_rows.from_row + row) * vectors + at;
  let after = (stream_rows.to_row + row) * vectors + at;
  let low = fma(sum.low, vec4(ADDED_SCALE), hidden[before]);
  let high = fma(sum.high, vec4(ADDED_SCALE), hidden[before + 1u]);
  hidden[after] = low;
  hidden[after + 1u] = high;
  let base = row * (vectors + vectors / 2u);
  prepared[base + at] = low * norm_weight[at];
  prepared[base + at + 1u] = high * norm_weight[at + 1u];
  prepared[base + vectors + octet] = fma(low, low, high * high);
}
