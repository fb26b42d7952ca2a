// What the host reads of a step: its tokens, which are the accepted drafts and the model's own choice
// after them, whether the decoding has finished, see State, and how many nodes were verified.
struct Record { count: u32, finish: u32, nodes: u32, tokens: array<u32, MAX_DEPTH + 1u> }
