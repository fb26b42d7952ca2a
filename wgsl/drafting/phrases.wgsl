// What a model says most often after its last tokens: lists of next tokens, one for each context of up to
// three tokens that was kept, and list 0 for the empty one. Kernels that read them declare
//
//   // [capacity, a power of two]: where each context is found, by its hash.
//   var<storage, read> phrase_slots: array<Slot>;
//   // [lists, width]: next tokens in descending order of probability, unused places last.
//   var<storage, read> phrases: array<Child>;

const MAX_PROBES = 32u; // Slots after its hash that a context may stand in.

// A context of tokens of 21 bits, the newest lowest: `low` = newest | (before << 21), `high` =
// (before >> 11) | (oldest << 10). Both are all ones where the slot is empty.
struct Slot { low: u32, high: u32, list: u32 }

// The list of a context, the newest token last; 0 if it was not kept.
fn list_of_context(oldest: u32, before: u32, newest: u32) -> u32 {
  let low = newest | (before << 21u);
  let high = (before >> 11u) | (oldest << 10u);
  let last = arrayLength(&phrase_slots) - 1u;
  let first = hash_of_words(low, high);
  for (var i = 0u; i < MAX_PROBES; i++) {
    let slot = phrase_slots[(first + i) & last];
    if (slot.low == low && slot.high == high) {
      return slot.list;
    }
    if (slot.high == 0xffffffffu) {
      break;
    }
  }
  return 0u;
}

// The list of the longest context that was kept of these last tokens, the newest last. Those that are not
// there are ABSENT_TOKEN.
fn list_after_tokens(oldest: u32, before: u32, newest: u32) -> u32 {
  var list = 0u;
  if (oldest != ABSENT_TOKEN) {
    list = list_of_context(oldest, before, newest);
  }
  if (list == 0u && before != ABSENT_TOKEN) {
    list = list_of_context(ABSENT_TOKEN, before, newest);
  }
  if (list == 0u) {
    list = list_of_context(ABSENT_TOKEN, ABSENT_TOKEN, newest);
  }
  return list;
}
