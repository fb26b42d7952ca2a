// What the host reads of a step: its tokens, which are the accepted drafts and the model's own choice
// after them, and whether the decoding has finished, see State.
struct Record { count: u32, finish: u32, tokens: array<u32, MAX_DEPTH + 1u> }
