// Weighs logits as drafts of a text whose tokens are drawn. The token at a position will be the greatest
// of logit / temperature + noise, and the noise is known today: what is to be guessed is the logit alone.
//
// One invocation per four logits of a row, whose own draft stands after its position.

override VOCABULARY: u32;
override LOGITS_STRIDE: u32; // Distance of logit rows, in vec4.
override LISTED: bool = false; // Whether `tokens` says which token each logit is of.
override WORKGROUP: u32;

// How sharply drafts are weighed against each other: of 1.6 to 3.5 this kept most drafts of the demo
// model, at temperatures of 0.7 and 1 and with trees of 4 and 16 nodes.
const SHARPNESS = 1.8;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, LOGITS_STRIDE].
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read> settings: Settings;
// [VOCABULARY]; read if LISTED.
@group(0) @binding(3) var<storage, read> tokens: array<u32>;

fn noise_of_token(token: u32, position: u32, key: vec2u) -> f32 {
  return noise_of(token / 4u, position, key)[token % 4u];
}

// The noise of the tokens with the logits 4 i … 4 i + 3.
fn noise_of_logits(i: u32, position: u32, key: vec2u) -> vec4f {
  if (!LISTED) {
    return noise_of(i, position, key);
  }
  let last = VOCABULARY - 1u;
  let at = min(vec4(4u * i) + vec4(0u, 1u, 2u, 3u), vec4(last));
  return vec4(noise_of_token(tokens[at.x], position, key), noise_of_token(tokens[at.y], position, key),
              noise_of_token(tokens[at.z], position, key), noise_of_token(tokens[at.w], position, key));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  let i = group.x * WORKGROUP + lane;
  if (row >= rows.count || 4u * i >= VOCABULARY) {
    return;
  }
  let position = rows.row[row].position + 1u;
  let temperature = settings.temperature;
  let noise = noise_of_logits(i, position, vec2(settings.seed_low, settings.seed_high));
  let at = row * LOGITS_STRIDE + i;
  logits[at] = SHARPNESS * fma(vec4(temperature), noise, logits[at]);
}
