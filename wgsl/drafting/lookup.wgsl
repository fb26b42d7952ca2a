// Looks up how the text went on where its last tokens stood before: appends the step's tokens to the
// history, finds the earlier place that shares the longest run of last tokens (the most recent, if
// several share as many), and proposes what came after it. A continuation that reaches the end of the
// text goes on from its own beginning, so that a repetitive text is continued as far as is asked for. Where
// nothing else drafts, what is proposed becomes the next tree at once.
//
// This is the work of the first workgroup. Further ones commit accepted drafts meanwhile, two for each layer;
// neither work needs what the other does.

override WORKGROUP: u32;

struct LookupSettings {
  records: u32, // Steps that are recorded before the first is written over.
  shortest: u32, // Fewest last tokens that must be shared.
  longest: u32, // Most last tokens that are compared.
  drafts: u32, // Most tokens to propose.
  few_drafts: u32, // The same where fewer than MANY_SHARED tokens are shared.
  enough: u32, // With so many shared tokens no other drafts are needed, and no rows follow.
  least_trust: f32, // Of the places that drafts are taken from.
  ancestors: u32, // Room for ancestors per node.
  grows: u32, // Whether the proposed tokens become the next tree, a chain below the root.
  tree_slot: u32, // Cache slot of node 0 if it had one; node n keeps its key in that + n.
}

@group(0) @binding(20) var<uniform> settings: LookupSettings;

// The first row is the root, the newest token of the text.
@group(0) @binding(0) var<storage, read_write> rows: Rows;
@group(0) @binding(1) var<storage, read> state: State;
// [steps that are recorded].
@group(0) @binding(2) var<storage, read> records: array<Record>;
// [positions]: the tokens of the text.
@group(0) @binding(3) var<storage, read_write> history: array<u32>;
@group(0) @binding(4) var<storage, read_write> proposal: Proposal;
// Rows that follow the last accepted node, from which other drafts come.
@group(0) @binding(5) var<storage, read_write> followers: Rows;
// [nodes]: the node before each; written if the tree grows.
@group(0) @binding(6) var<storage, read_write> parents: array<u32>;
// [nodes, room for ancestors]: slots of the nodes from the root's first child down to the node itself; likewise.
@group(0) @binding(7) var<storage, read_write> ancestors: array<u32>;

// Shared tokens and their last position of each lane's best place, as one number to compare.
var<workgroup> best_of_lane: array<u32, WORKGROUP>;

const POSITION_BITS = 26u;
const CLASSES = 16u;
const MANY_SHARED = 4u;
const TRUST_MEMORY = 8.0; // Guesses that trust is made of, about.

fn kind_of_place(shared_with_it: u32) -> u32 {
  return min(shared_with_it, PLACE_KINDS) - 1u;
}

// What was looked up in the step before is compared with what came, whether or not it was a draft.
fn judge_guess() {
  let shared_with_it = proposal.shared_tokens;
  if (shared_with_it == 0u) {
    return;
  }
  let token = records[(state.step - 1u) % settings.records].tokens[0];
  let kind = kind_of_place(shared_with_it);
  let was_right = f32(token == proposal.guess);
  proposal.trust[kind] += (was_right - proposal.trust[kind]) / TRUST_MEMORY;
}

fn append(root: u32, lane: u32) {
  let record = (state.step - 1u) % settings.records;
  let count = records[record].count;
  for (var i = lane; i < count; i += WORKGROUP) {
    history[root + 1u - count + i] = records[record].tokens[i];
  }
}

// How many tokens up to position `end` are those up to the root.
fn shared_tokens(end: u32, root: u32) -> u32 {
  var count = 1u;
  while (count < settings.longest && count <= end && history[end - count] == history[root - count]) {
    count++;
  }
  return count;
}

// The greatest of all lanes, in every lane. Many lanes first find that of each class, side by side.
fn best_of_lanes(lanes_best: u32, lane: u32) -> u32 {
  var best = lanes_best;
  best_of_lane[lane] = best;
  workgroupBarrier();
  if (WORKGROUP > CLASSES) {
    if (lane < CLASSES) {
      for (var l = lane + CLASSES; l < WORKGROUP; l += CLASSES) {
        best = max(best, best_of_lane[l]);
      }
      best_of_lane[lane] = best;
    }
    workgroupBarrier();
  }
  for (var l = 0u; l < min(CLASSES, WORKGROUP); l++) {
    best = max(best, best_of_lane[l]);
  }
  return best;
}

// Below the node before it.
fn add_node(node: u32, token: u32, root: u32) {
  rows.row[node] = Row(token, root + node, settings.tree_slot + node, root + 1u);
  parents[node] = node - 1u;
  for (var depth = 1u; depth <= node; depth++) {
    ancestors[node * settings.ancestors + depth - 1u] = settings.tree_slot + depth;
  }
}

// Shared tokens and last position of the lane's best place, as one number.
fn best_of_places(root: u32, lane: u32) -> u32 {
  let last = history[root];
  var best = 0u;
  for (var end = lane; end < root; end += WORKGROUP) {
    if (history[end] == last) {
      let count = shared_tokens(end, root);
      if (count >= settings.shortest) {
        best = max(best, (count << POSITION_BITS) | end);
      }
    }
  }
  return best;
}

// Proposes what came after the best of all places.
fn propose(best: u32, root: u32, lane: u32) {
  let end = best & ((1u << POSITION_BITS) - 1u);
  // The last token of the text needs no draft after it.
  let room = state.limit - state.generated - 1u;
  let shared_with_best = best >> POSITION_BITS;
  var length = 0u;
  if (best > 0u && proposal.trust[kind_of_place(shared_with_best)] >= settings.least_trust) {
    length = min(select(settings.few_drafts, settings.drafts, shared_with_best >= MANY_SHARED), room);
  }
  if (lane == 0u) {
    proposal.shared_tokens = shared_with_best;
    proposal.guess = history[end + 1u];
    proposal.length = length;
    if (shared_with_best >= settings.enough) {
      followers.count = 0u;
    }
    proposal.followers = followers.count;
    proposal.room = room;
    proposal.previous = array(history[max(root, 2u) - 2u], history[max(root, 1u) - 1u]);
    if (settings.grows > 0u) {
      rows.count = 1u + length;
    }
  }
  for (var i = lane; i < length; i += WORKGROUP) {
    let token = history[end + 1u + i % (root - end)];
    proposal.token[i] = token;
    if (settings.grows > 0u) {
      add_node(1u + i, token, root);
    }
  }
}

// After the end of the text there is nothing to do, but all barriers are passed all the same: a compiler may not
// know that all lanes read the same count.
fn look_up(lane: u32) {
  let is_running = rows.count > 0u;
  let root = rows.row[0].position;
  if (is_running) {
    append(root, lane);
    if (lane == 0u) {
      judge_guess();
    }
  }
  storageBarrier();
  workgroupBarrier();
  var best = 0u;
  if (is_running) {
    best = best_of_places(root, lane);
  }
  best = best_of_lanes(best, lane);
  if (is_running) {
    propose(best, root, lane);
  }
}

// Workgroups [2, 1 + layers], of which the second of the first two has nothing to do; the first alone where
// there is nothing to commit.
@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (group.y > 0u) {
    commit_layer(group.y - 1u, group.x, lane);
  } else if (group.x == 0u) {
    look_up(lane);
  }
}
