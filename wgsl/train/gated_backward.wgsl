// The gradient of activation(gate) · up with respect to gate and up, which takes their place. An octet
// of columns is four gates and the four values that they gate, see activation.wgsl. One invocation per octet.

override OCTETS: u32; // Octets of a row.
override WORKGROUP: u32;

@group(0) @binding(0) var<storage, read> rows: Rows;
// [rows, OCTETS].
@group(0) @binding(1) var<storage, read> gated_gradient: array<vec4f>;
// [rows, OCTETS, 2].
@group(0) @binding(2) var<storage, read_write> gate_and_up: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let octet = id.x;
  let row = id.y;
  if (row >= rows.count || octet >= OCTETS) {
    return;
  }
  let at = row * OCTETS + octet;
  let gate = gate_and_up[2u * at];
  let up = gate_and_up[2u * at + 1u];
  let gradient = gated_gradient[at];
  gate_and_up[2u * at] = gradient * up * activation_slope(gate);
  gate_and_up[2u * at + 1u] = gradient * activated(gate);
}
