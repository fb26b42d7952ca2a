// Copies the keys and values of accepted drafts to the slots of their positions, in the layers of one
// cache buffer; see cache_layout.wgsl. A workgroup has one layer and kind, keys or values.

struct CommitSizes {
  layers: u32,
  kv_heads: u32,
  slot_words: u32, // Length of a slot of one head, in vec4.
  draft_slots: u32,
}

@group(0) @binding(21) var<uniform> commit_sizes: CommitSizes;

@group(0) @binding(8) var<storage, read> moves: Moves;
// [layers, 2, kv_heads, slots, slot_words].
@group(0) @binding(9) var<storage, read_write> cache: array<vec4u>;

fn commit_layer(layer: u32, kind: u32, lane: u32) {
  let kv_heads = commit_sizes.kv_heads;
  let slot_words = commit_sizes.slot_words;
  let slots = arrayLength(&cache) / (commit_sizes.layers * 2u * kv_heads * slot_words);
  let first_head = (layer * 2u + kind) * kv_heads;
  for (var i = lane; i < moves.count * kv_heads * slot_words; i += WORKGROUP) {
    let kept = moves.entry[i / (kv_heads * slot_words)];
    let head = i / slot_words % kv_heads;
    let word = i % slot_words;
    let slot_zero = (first_head + head) * slots + commit_sizes.draft_slots;
    let to = (slot_zero + kept.position) * slot_words + word;
    cache[to] = cache[(slot_zero + kept.slot) * slot_words + word];
  }
}
