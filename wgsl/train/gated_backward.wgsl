// The gradient of activation(gate) · up with respect to gate and up, which takes their place. An octet
// of columns is four gates and the four values that they gate. One invocation per octet.

override OCTETS: u32; // Octets of a row.
override GELU: bool = false; // GELU's approximation by tanh; else SiLU.
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
  // Both are gate · sigmoid(x), SiLU with x = gate.
  var x = gate;
  var x_slope = vec4(1.0);
  if (GELU) {
    x = 1.5957691216057308 * fma(gate * gate * gate, vec4(0.044715), gate);
    x_slope = 1.5957691216057308 * fma(gate * gate, vec4(0.134145), vec4(1.0));
  }
  let sigmoid = vec4(1.0) / (vec4(1.0) + exp(-x));
  let slope = sigmoid * (vec4(1.0) + gate * (vec4(1.0) - sigmoid) * x_slope);
  gate_and_up[2u * at] = gradient * up * slope;
  gate_and_up[2u * at + 1u] = gradient * gate * sigmoid;
}
