// A kernel that does next to nothing: what one dispatch costs on a device.

@group(0) @binding(0) var<storage, read_write> count: array<u32>;

@compute @workgroup_size(1)
fn main() {
  count[0] += 1u;
}
