// One step of Adam (Kingma and Ba, 2015), after which the gradient is zero again.

override LENGTH: u32; // In vec4.
override WORKGROUP: u32;

// `rate` and `epsilon` hold the corrections of the two moments for their start at zero.
struct Settings { rate: f32, first_decay: f32, second_decay: f32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> settings: Settings;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> first_moment: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> second_moment: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= LENGTH) {
    return;
  }
  let g = gradient[i];
  // Not by mix(), which some drivers compute as g + decay · (m − g), where most digits of a small share
  // of g are lost.
  let m = settings.first_decay * first_moment[i] + (1.0 - settings.first_decay) * g;
  let v = settings.second_decay * second_moment[i] + (1.0 - settings.second_decay) * g * g;
  first_moment[i] = m;
  second_moment[i] = v;
  weights[i] -= settings.rate * m / (sqrt(v) + settings.epsilon);
  gradient[i] = vec4();
}
