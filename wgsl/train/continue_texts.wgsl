// Gives every text of a batch its next token: that of the prompt while it lasts, then one drawn from
// the row's logits at the text's own temperature, or the most probable one at temperature 0. Row r
// continues text r; its position and slot go up by one. One workgroup per text.

override VOCABULARY: u32;
override STRIDE: u32; // Distance of logit rows, in vec4.
override LENGTH: u32; // Tokens of a text.
override PROMPT: u32; // Tokens of a prompt.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read_write> rows: Rows;
@group(0) @binding(1) var<storage, read> logits: array<vec4f>;
// [texts]: temperatures.
@group(0) @binding(2) var<storage, read> temperatures: array<f32>;
// [texts]: a number that no other text of the run has.
@group(0) @binding(3) var<storage, read> keys: array<vec2u>;
// [texts, LENGTH].
@group(0) @binding(4) var<storage, read_write> tokens: array<u32>;

var<workgroup> best: array<Candidate, WORKGROUP>;

// Jarzynski and Olano, "Hash Functions for GPU Rendering" (2020), pcg4d.
fn pcg4d(seed: vec4u) -> vec4u {
  var v = seed * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4(16u);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  return v;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= rows.count) {
    return;
  }
  let position = rows.row[row].position + 1u;
  let temperature = temperatures[row];
  var own = Candidate(-3.4e38, 0u);
  for (var i = lane; i < STRIDE; i += WORKGROUP) {
    var four = logits[row * STRIDE + i];
    if (temperature > 0.0) {
      let bits = pcg4d(vec4(keys[row], position, i));
      let uniforms = (vec4f(bits >> vec4(9u)) + 0.5) / 8388608.0;
      four = four / temperature - log(-log(uniforms));
    }
    for (var c = 0u; c < 4u; c++) {
      let candidate = Candidate(four[c], 4u * i + c);
      if (candidate.token < VOCABULARY && is_before(candidate, own)) {
        own = candidate;
      }
    }
  }
  best[lane] = own;
  workgroupBarrier();
  if (lane > 0u || position >= LENGTH) {
    return;
  }
  for (var l = 1u; l < WORKGROUP; l++) {
    if (is_before(best[l], own)) {
      own = best[l];
    }
  }
  let at = row * LENGTH + position;
  if (position >= PROMPT) {
    tokens[at] = own.token;
  }
  rows.row[row].token = tokens[at];
  rows.row[row].position = position;
  rows.row[row].slot += 1u;
}
