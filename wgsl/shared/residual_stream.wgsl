// Where a residual stream stands among the rows of `hidden`: before something is added to it, and after.

struct StreamRows { from_row: u32, to_row: u32 }

@group(0) @binding(25) var<uniform> stream_rows: StreamRows;
