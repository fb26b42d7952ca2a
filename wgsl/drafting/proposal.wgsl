// Places are told apart by the number of last tokens that they share with the text: 1, 2, 3 or more.
const PLACE_KINDS = 3u;

// What a lookup proposes, how many last tokens of the text were shared with the place that it comes from,
// and what came next there, whether it is proposed or not. `trust` says how often that was right, lately,
// for each kind of place. With it comes what else a tree grows from; for `choices` see recycled.wgsl.
struct Proposal {
  length: u32,
  shared_tokens: u32,
  guess: u32,
  trust: array<f32, PLACE_KINDS>,
  followers: u32, // Rows that follow the last accepted node.
  room: u32, // Drafts on a path that the text has room for.
  previous: array<u32, 2>, // The tokens before the root, the newer last, if the text has them.
  token: array<u32, MAX_DEPTH>,
  before_root: u32, // The token before the root of the tree that is verified.
  choices: array<u32>, // [RECYCLED_CHOICES]: the token in the low bits, the rest of the hash above it.
}
