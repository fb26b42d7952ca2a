// Finds the drafts of all depths at once, for devices with many lanes. A load from storage takes as long
// as hundreds of other operations, so all lanes load at the same time, and the rest happens in workgroup
// memory. Nothing is sorted: the place of an element is the number of those that come before it, and
// each lane counts them for its own elements. Loops are unrolled by hand where steps are independent.

// Parts per depth that the RANKS best candidates can come from: those with the best candidates of all.
override SOURCES: u32 = min(CHUNKS, RANKS);
override ALL_PARTS: u32 = DEPTH * CHUNKS;
override ALL_SOURCES: u32 = DEPTH * SOURCES;
override VALUES: u32 = max(ALL_SOURCES * RANKS, OTHER_VALUES);

// [DEPTH, CHUNKS].
var<workgroup> parts: array<Mass, ALL_PARTS>;
// [DEPTH, SOURCES]: those parts, in the order of their best candidates.
var<workgroup> sources: array<u32, ALL_SOURCES>;
// [DEPTH]: log Σ exp(logit).
var<workgroup> normalisers: array<f32, DEPTH>;
// Of the sources' candidates, [DEPTH, SOURCES, RANKS]; free for others when the drafts are found.
var<workgroup> values: array<f32, VALUES>;

fn load_parts(lane: u32) {
  for (var part = lane; part < ALL_PARTS; part += WORKGROUP) {
    parts[part] = masses[part];
  }
}

fn greatest_of_part(part: u32, end: u32) -> f32 {
  return select(NEVER, parts[min(part, end - 1u)].greatest, part < end);
}

// Finds the sources, and brings the masses of each depth to the scale of its greatest.
fn order_parts(lane: u32) {
  for (var part = lane; part < ALL_PARTS; part += WORKGROUP) {
    let level = part / CHUNKS;
    let end = (level + 1u) * CHUNKS;
    let own = parts[part].greatest;
    var greatest = own;
    var place = 0u;
    for (var i = level * CHUNKS; i < end; i += 4u) {
      let a = greatest_of_part(i, end);
      let b = greatest_of_part(i + 1u, end);
      let c = greatest_of_part(i + 2u, end);
      let d = greatest_of_part(i + 3u, end);
      place += before(a, i, own, part) + before(b, i + 1u, own, part) +
        before(c, i + 2u, own, part) + before(d, i + 3u, own, part);
      greatest = max(max(greatest, max(a, b)), max(c, d));
    }
    if (place < SOURCES) {
      sources[level * SOURCES + place] = part;
    }
    parts[part].sum *= exp(own - greatest);
  }
}

fn source_value(i: u32) -> f32 {
  return candidates[sources[i / RANKS] * RANKS + i % RANKS].value;
}

// Behind the end the last one comes again.
fn load_values(lane: u32) {
  let last = ALL_SOURCES * RANKS - 1u;
  for (var a = lane; a <= last; a += 4u * WORKGROUP) {
    let b = min(a + WORKGROUP, last);
    let c = min(a + 2u * WORKGROUP, last);
    let d = min(a + 3u * WORKGROUP, last);
    let four = vec4(source_value(a), source_value(b), source_value(c), source_value(d));
    values[a] = four.x;
    values[b] = four.y;
    values[c] = four.z;
    values[d] = four.w;
  }
}

fn sum_of_part(part: u32, end: u32) -> f32 {
  return select(0.0, parts[min(part, end - 1u)].sum, part < end);
}

fn add_masses(lane: u32) {
  for (var level = WORKGROUP - 1u - lane; level < DEPTH; level += WORKGROUP) {
    let end = (level + 1u) * CHUNKS;
    var sum = 0.0;
    for (var i = level * CHUNKS; i < end; i += 4u) {
      sum += (sum_of_part(i, end) + sum_of_part(i + 1u, end)) +
        (sum_of_part(i + 2u, end) + sum_of_part(i + 3u, end));
    }
    normalisers[level] = parts[sources[level * SOURCES]].greatest + log(sum);
  }
}

// A value that RANKS candidates of the depth reach: those of all sources up to a rank.
fn least_needed(level: u32) -> f32 {
  let rank = (RANKS - 1u) / SOURCES;
  let end = (level + 1u) * SOURCES;
  var least = values[(end - 1u) * RANKS + rank];
  if (rank > 0u) { // The best candidates are in order already.
    for (var source = level * SOURCES; source < end; source++) {
      least = min(least, values[source * RANKS + rank]);
    }
  }
  return least;
}

// How many of the depth's candidates come before one, if they are fewer than RANKS.
fn candidates_before(level: u32, own: f32, own_index: u32) -> u32 {
  var count = 0u;
  for (var s = 0u; s < SOURCES && count < RANKS; s++) {
    let source = level * SOURCES + s;
    let first = sources[source] * RANKS;
    var rank = 0u;
    while (rank < RANKS && before(values[source * RANKS + rank], first + rank, own, own_index) > 0u) {
      rank++;
    }
    count += rank;
  }
  return count;
}

// Puts the candidates in their places among the drafts. Neighbouring lanes look at the same rank: of the
// higher ones few candidates are needed.
fn place_candidates(lane: u32) {
  for (var i = lane; i < ALL_SOURCES * RANKS; i += WORKGROUP) {
    let source = i % ALL_SOURCES;
    let rank = i / ALL_SOURCES;
    let level = source / SOURCES;
    let own = values[source * RANKS + rank];
    if (source % SOURCES + rank < RANKS && own >= least_needed(level)) {
      let index = sources[source] * RANKS + rank;
      let place = candidates_before(level, own, index);
      if (place < RANKS) {
        put_draft(level, place, candidates[index], normalisers[level]);
      }
    }
  }
}

// Finds the drafts; after the parts have been loaded.
fn find_drafts(lane: u32) {
  order_parts(lane);
  workgroupBarrier();
  add_masses(lane);
  load_values(lane);
  workgroupBarrier();
  place_candidates(lane);
  workgroupBarrier();
}
