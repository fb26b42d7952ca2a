// Grows the tree of the most probable paths depth by depth, for devices with many lanes. The paths of one
// length are the cells of a table, whose lines are the paths that are one shorter.

override PATHS: u32 = MAX_DEPTH * NODES;

const NOWHERE = 0xffffffffu;

// Log probability of a path, and as one number its node, the list of what comes after it, its line and its
// column: see below.
struct Path { probability: f32, place: u32 }

// The root, then in order the paths of each length. They become nodes at the end; none is node 0.
var<workgroup> paths: array<Path, PATHS>;
// How many there are, by length.
var<workgroup> path_counts: array<u32, MAX_DEPTH + 1u>;
// The places of the table's cells, line by line.
var<workgroup> cells: array<u32, CELLS>;
var<workgroup> line_lengths: array<u32, LINES>;
var<workgroup> line_ends: array<u32, LINES>;
var<workgroup> node_count: atomic<u32>;

// Where the chain's token stands in the list of what comes after the chain's token before it.
var<workgroup> chain_columns: array<u32, MAX_DEPTH>;
// Which list that is, by the length of the chain before the token.
var<workgroup> chain_lists: array<u32, MAX_DEPTH + 1u>;
// Where the chain is among the paths that were found last.
var<workgroup> chain_line: u32;

fn place_at(line: u32, column: u32) -> u32 {
  return line * 64u + column;
}

fn line_of(place: u32) -> u32 {
  return place / 64u % 64u;
}

fn column_of(place: u32) -> u32 {
  return place % 64u;
}

fn list_of(place: u32) -> u32 {
  return place / 4096u % 64u;
}

fn node_of(place: u32) -> u32 {
  return place / 262144u;
}

// Where the path of this length in this line is kept.
fn path_index(length: u32, line: u32) -> u32 {
  return select((length - 1u) * NODES + 1u + line, 0u, length == 0u);
}

fn begin(lane: u32) {
  load_proposal(lane);
  load_parts(lane);
  if (lane == 0u) {
    paths[0] = Path(0.0, 0u);
    path_counts[0] = 1u;
    chain_line = 0u;
    atomicStore(&node_count, 1u);
  }
  for (var i = lane; PROPOSED && i < MAX_DEPTH; i += WORKGROUP) {
    chain_columns[i] = NOWHERE;
  }
  for (var line = lane; line < LINES; line += WORKGROUP) {
    line_lengths[line] = length_of_line(line);
  }
}

fn length_before(line: u32, end: u32) -> u32 {
  return select(0u, line_lengths[min(line, end)], line < end);
}

// Lays the table out. The last lanes do it, which have the fewest parts to order meanwhile.
fn lay_out_lines(lane: u32) {
  for (var line = WORKGROUP - 1u - lane; line < LINES; line += WORKGROUP) {
    var first = 0u;
    for (var i = 0u; i < line; i += 4u) {
      first += length_before(i, line) + length_before(i + 1u, line) +
        length_before(i + 2u, line) + length_before(i + 3u, line);
    }
    let length = line_lengths[line];
    line_ends[line] = first + length;
    for (var column = 0u; column < length; column++) {
      cells[first + column] = place_at(line, column);
    }
  }
}

// Finds the lists of what comes after the chain's tokens, and these tokens in them.
fn match_chain(lane: u32) {
  let levels = min(chain_length, min(DEPTH, depth_limit));
  for (var i = lane; i < levels * RANKS; i += WORKGROUP) {
    let level = i / RANKS;
    if (child_at(level, 0u, i % RANKS).token == chain_tokens[level]) {
      chain_lists[level + 1u] = list_after(level, 0u, i % RANKS);
    }
  }
  workgroupBarrier();
  for (var i = lane; i < levels * RANKS; i += WORKGROUP) {
    let level = i / RANKS;
    if (child_at(level, chain_lists[level], i % RANKS).token == chain_tokens[level]) {
      chain_columns[level] = i % RANKS;
    }
  }
  // Where depths have no candidates each list is known from the one before.
  for (var level = DEPTH; lane == 0u && level < min(chain_length, depth_limit); level++) {
    let list = chain_lists[level];
    chain_lists[level + 1u] = list_after_chain(level, list);
    for (var column = 0u; column < columns_at(level); column++) {
      if (child_at(level, list, column).token == chain_tokens[level]) {
        chain_columns[level] = column;
      }
    }
  }
  workgroupBarrier();
}

// Below paths of this length.
fn chain_goes_on(length: u32) -> bool {
  return length < chain_length && chain_line != NOWHERE;
}

fn chain_path_probability(length: u32) -> f32 {
  var probability = chain_probability(length);
  let column = chain_columns[length];
  if (column != NOWHERE) {
    probability = max(probability, child_at(length, chain_lists[length], column).value);
  }
  return paths[path_index(length, chain_line)].probability + probability;
}

fn cell_probability(length: u32, cell: u32) -> f32 {
  let line = line_of(cell);
  let column = column_of(cell);
  if (PROPOSED && chain_goes_on(length) && line == chain_line && column == chain_columns[length]) {
    return NEVER; // It is the chain's.
  }
  let path = paths[path_index(length, line)];
  return path.probability + child_at(length, list_of(path.place), column).value;
}

// Cells below paths of this length.
fn cell_count(length: u32) -> u32 {
  let lines = min(path_counts[length], LINES);
  if (lines == 0u || length >= depth_limit) {
    return 0u;
  }
  return line_ends[lines - 1u];
}

// values = the probabilities of the chain and of the cells, and of what is not there up to a multiple
// of 8.
fn weigh_paths(lane: u32, length: u32, count: u32) {
  for (var i = lane; i < (count + 8u) / 8u * 8u; i += WORKGROUP) {
    var probability = NEVER;
    if (i > 0u && i <= count) {
      probability = cell_probability(length, cells[i - 1u]);
    } else if (PROPOSED && i == 0u && chain_goes_on(length)) {
      probability = chain_path_probability(length);
    }
    values[i] = probability;
  }
}

fn values_before(i: u32, own: f32, own_index: u32) -> u32 {
  return before(values[i], i, own, own_index) + before(values[i + 1u], i + 1u, own, own_index) +
    before(values[i + 2u], i + 2u, own, own_index) + before(values[i + 3u], i + 3u, own, own_index);
}

// The list of what comes after the path in this place, one longer than this length.
fn list_after_cell(length: u32, place: u32) -> u32 {
  if (PROPOSED && column_of(place) == CHAIN) {
    return chain_lists[length + 1u];
  }
  let list = list_of(paths[path_index(length, line_of(place))].place);
  return list_after(length, list, column_of(place));
}

// Puts the paths that were weighed in order, one longer than this length.
fn order_paths(lane: u32, length: u32, count: u32) {
  for (var i = lane; i <= count; i += WORKGROUP) {
    let own = values[i];
    var line = 0u;
    for (var other = 0u; other <= count; other += 8u) {
      line += values_before(other, own, i) + values_before(other + 4u, own, i);
    }
    let is_kept = line + 1u < NODES;
    if (is_kept) {
      var place = cells[max(i, 1u) - 1u];
      if (i == 0u && chain_goes_on(length)) { // Its line is read by nobody else, since it changes below.
        place = place_at(chain_line, CHAIN);
      }
      paths[path_index(length + 1u, line)] = Path(own, place + 4096u * list_after_cell(length, place));
    }
    if (i == 0u) {
      chain_line = select(NOWHERE, line, is_kept && own > NEVER);
    }
  }
  if (lane == 0u) {
    path_counts[length + 1u] = min(count + 1u, NODES - 1u);
  }
}

// How many paths of a length come before one. Of equal ones the shorter comes first.
fn paths_before(length: u32, own: f32, own_length: u32) -> u32 {
  var count = 0u;
  for (var step = 32u; step > 0u; step /= 2u) {
    let next = count + step;
    if (next <= path_counts[length]) {
      let other = paths[path_index(length, next - 1u)].probability;
      count += select(0u, step, before(other, length, own, own_length) > 0u);
    }
  }
  return count;
}

// Makes the most probable paths of all lengths nodes.
fn number_paths(lane: u32) {
  for (var i = lane; i < depth * NODES; i += WORKGROUP) {
    let own_length = i / NODES + 1u;
    let line = i % NODES;
    if (line >= path_counts[own_length]) {
      continue;
    }
    let index = path_index(own_length, line);
    let own = paths[index].probability;
    var node = 1u + line;
    for (var length = 1u; length <= depth; length++) {
      if (length != own_length) {
        node += paths_before(length, own, own_length);
      }
    }
    if (node < NODES && own > NEVER) {
      paths[index].place += node * 262144u;
      atomicMax(&node_count, node + 1u);
    }
  }
}

fn write_path(length: u32, line: u32) {
  var place = paths[path_index(length, line)].place;
  let node = node_of(place);
  if (node == 0u) {
    return;
  }
  let parent = paths[path_index(length - 1u, line_of(place))].place;
  let token = token_of(length - 1u, list_of(parent), column_of(place));
  write_node(node, node_of(parent), length, token);
  for (var at = length; at > 0u; at--) {
    write_ancestor(node, at, node_of(place));
    place = paths[path_index(at - 1u, line_of(place))].place;
  }
}

fn write_tree(lane: u32) {
  for (var i = lane; i < depth * NODES; i += WORKGROUP) {
    let length = i / NODES + 1u;
    if (i % NODES < path_counts[length]) {
      write_path(length, i % NODES);
    }
  }
  if (lane == 0u) {
    rows.count = atomicLoad(&node_count);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  begin(lane);
  let longest = workgroupUniformLoad(&depth);
  if (longest == 0u) {
    return;
  }
  let levels = workgroupUniformLoad(&depth_limit);
  lay_out_lines(lane);
  if (levels > 0u) {
    find_drafts(lane);
    rank_children(lane);
  }
  workgroupBarrier();
  if (PROPOSED) {
    match_chain(lane);
  }
  for (var length = 0u; length < longest; length++) {
    let count = cell_count(length);
    weigh_paths(lane, length, count);
    workgroupBarrier();
    order_paths(lane, length, count);
    workgroupBarrier();
  }
  number_paths(lane);
  workgroupBarrier();
  write_tree(lane);
}
