// Where the keys and values of a layer lie: keys [KV_HEADS, slots, HEAD_DIM], then values of the same
// shape. How many slots there are follows from the length of the buffer, so that a cache that has grown
// needs no other pipeline. Slot p belongs to position p of the text. In front of slot 0 lie those of
// drafts, which count up to it from −DRAFT_SLOTS, modulo 2³².

override KV_HEADS: u32;
override HEAD_DIM: u32; // A multiple of 8.
override KV_F16: bool = true;
override DRAFT_SLOTS: u32 = 0;

// Place of an octet among the octets of a cache of `length` vec4; value heads follow the key heads.
fn cached_octet(length: u32, head: u32, slot: u32, octet: u32) -> u32 {
  let octets = HEAD_DIM / 8u;
  let slots = length / (2u * KV_HEADS * octets * select(2u, 1u, KV_F16));
  return (head * slots + DRAFT_SLOTS + slot) * octets + octet;
}
