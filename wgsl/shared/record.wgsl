// What the host hears of a step: its tokens, and how the decoding stands after it, see State. The tokens
// are the accepted drafts and the model's own choice after them.
struct Record { count: u32, finish: u32, tokens: array<u32, MAX_DEPTH + 1u> }
