// Copies the keys and values of accepted drafts to the slots of their positions, in the layers of one
// cache buffer; see cache_layout.wgsl. One workgroup per layer and kind, keys or values.

override KV_HEADS: u32;
override LAYERS: u32;
override SLOT_WORDS: u32; // Length of a slot of one head, in vec4.
override DRAFT_SLOTS: u32;
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> moves: Moves;
// [LAYERS, 2, KV_HEADS, slots, SLOT_WORDS].
@group(0) @binding(1) var<storage, read_write> cache: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let slots = arrayLength(&cache) / (LAYERS * 2u * KV_HEADS * SLOT_WORDS);
  let first_head = (group.y * 2u + group.x) * KV_HEADS;
  for (var i = local; i < moves.count * KV_HEADS * SLOT_WORDS; i += WORKGROUP) {
    let kept = moves.entry[i / (KV_HEADS * SLOT_WORDS)];
    let head = i / SLOT_WORDS % KV_HEADS;
    let word = i % SLOT_WORDS;
    let slot_zero = (first_head + head) * slots + DRAFT_SLOTS;
    let to = (slot_zero + kept.position) * SLOT_WORDS + word;
    cache[to] = cache[(slot_zero + kept.slot) * SLOT_WORDS + word];
  }
}
