// Commits accepted drafts, see commit_layer.wgsl: workgroups [keys and values, layers].

override WORKGROUP: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  commit_layer(group.y, group.x, lane);
}
