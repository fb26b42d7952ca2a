// What a lookup proposes, and how many last tokens of the text were shared with the place that it comes
// from.
struct Proposal { length: u32, shared_tokens: u32, token: array<u32> }
