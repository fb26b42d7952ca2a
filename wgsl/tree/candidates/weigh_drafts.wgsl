// Weighs logits as drafts of a text whose tokens are drawn. The token at a position will be the greatest
// of logit / temperature + noise, and the noise is known today: what is to be guessed is the logit alone.

// Read if DRAWN.
@group(0) @binding(3) var<storage, read> settings: Settings;

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

// Weighs the logits of the chunk that begins at `first`, where they are. The row's draft stands after its
// position.
fn weigh_chunk(row: u32, first: u32, lane: u32) {
  let position = rows.row[row].position + 1u;
  let temperature = settings.temperature;
  let key = vec2(settings.seed_low, settings.seed_high);
  let end = min(VOCABULARY, first + CHUNK);
  for (var token = first + 4u * lane; token < end; token += 4u * WORKGROUP) {
    let noise = noise_of_logits(token / 4u, position, key);
    let at = row * LOGITS_STRIDE + token / 4u;
    logits[at] = SHARPNESS * fma(vec4(temperature), noise, logits[at]);
  }
  storageBarrier();
  workgroupBarrier();
}
