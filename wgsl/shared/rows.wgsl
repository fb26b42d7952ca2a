// A row of a forward pass: positions below `prefix` lie in the cache slot of the same number.
struct Row { token: u32, position: u32, slot: u32, prefix: u32 }
struct Rows { count: u32, row: array<Row> }
