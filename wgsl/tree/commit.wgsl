// Copies the keys and values of accepted drafts to the slots of their positions, in the layers of one
// cache buffer. One workgroup per layer and kind, keys or values.

override KV_HEADS: u32;
override SLOTS: u32;
override SLOT_WORDS: u32; // Length of a slot of one head, in vec4.
override LAYER_STRIDE: u32; // Distance of layers, in vec4.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> moves: Moves;
// [layers, LAYER_STRIDE]: per layer keys [KV_HEADS, SLOTS, head], then values of the same shape.
@group(0) @binding(1) var<storage, read_write> cache: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let base = group.y * LAYER_STRIDE + group.x * KV_HEADS * SLOTS * SLOT_WORDS;
  for (var i = local; i < moves.count * KV_HEADS * SLOT_WORDS; i += WORKGROUP) {
    let kept = moves.entry[i / (KV_HEADS * SLOT_WORDS)];
    let head = i / SLOT_WORDS % KV_HEADS;
    let word = i % SLOT_WORDS;
    let first = base + head * SLOTS * SLOT_WORDS + word;
    cache[first + kept.position * SLOT_WORDS] = cache[first + kept.slot * SLOT_WORDS];
  }
}
