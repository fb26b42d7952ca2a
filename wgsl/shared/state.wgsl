// One decoding: its steps so far, its tokens so far and at most, whether it has finished, and the tokens
// that end the text.
struct State { step: u32, generated: u32, limit: u32, finish: u32, end_count: u32, end_tokens: array<u32> }

// Values of `finish`.
const RUNNING = 0u;
const END_OF_TEXT = 1u;
const LIMIT_REACHED = 2u;
const NO_NUMBER = 3u; // Logits that are NaN or infinite: there is nothing to choose.
