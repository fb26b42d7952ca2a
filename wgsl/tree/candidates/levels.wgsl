// The depths of a tree that there are candidates for, one for each follower of the last accepted node.

override DEPTH: u32; // Followers.
override RANKS: u32; // Candidates per depth.
override WORKGROUP: u32;

override ALL_DRAFTS: u32 = DEPTH * RANKS;

const NEVER = -3.4e38; // Of what is not there; less than eight times LEAST.
const LEAST = -1.0e30;

// Depths that a tree may have, of which at most DEPTH have candidates.
var<workgroup> depth_limit: u32;
