// The cache slots whose keys and values belong at other positions: those of the accepted drafts.
struct Move { slot: u32, position: u32 }
struct Moves { count: u32, entry: array<Move> }
