// What the kernels have room for. The host reads these numbers from here.

const MAX_NODES = 64u; // Nodes of a tree, the root included.
const MAX_DEPTH = 8u; // Drafts on a path of a tree.
const MAX_CHUNKS = 64u; // Parts of the vocabulary that drafts come from.
const MAX_END_TOKENS = 64u; // Tokens that end a text.
