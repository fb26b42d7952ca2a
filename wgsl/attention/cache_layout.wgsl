// Where the keys and values of a layer lie: keys [kv_heads, slots, HEAD_DIM], then values of the same
// shape. Slot p belongs to position p of the text. In front of slot 0 lie those of drafts, which count up
// to it from −draft_slots, modulo 2³².

override HEAD_DIM: u32; // A multiple of 8.
override KV_F16: bool = true;

struct CacheLayout {
  kv_heads: u32,
  slots: u32, // Those of drafts and of the text.
  draft_slots: u32,
}

@group(0) @binding(21) var<uniform> cache_layout: CacheLayout;

// Place of an octet among the octets of the cache; value heads follow the key heads.
fn cached_octet(head: u32, slot: u32, octet: u32) -> u32 {
  let row = head * cache_layout.slots + cache_layout.draft_slots + slot;
  return row * (HEAD_DIM / 8u) + octet;
}
