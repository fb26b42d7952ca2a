// Lanes of a subgroup of eight hand each other what they hold; the language wants the lane of a
// broadcast as a constant, hence the enumerations.

// What each of the eight lanes holds.
fn over_lanes(own: f32) -> array<f32, 8> {
  return array(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u),
               subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u),
               subgroupBroadcast(own, 4u), subgroupBroadcast(own, 5u),
               subgroupBroadcast(own, 6u), subgroupBroadcast(own, 7u));
}

fn slots_over_lanes(own: u32) -> array<u32, 8> {
  return array(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u),
               subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u),
               subgroupBroadcast(own, 4u), subgroupBroadcast(own, 5u),
               subgroupBroadcast(own, 6u), subgroupBroadcast(own, 7u));
}

fn greatest_over_lanes(own: f32) -> f32 {
  let all = over_lanes(own);
  return max(max(max(all[0], all[1]), max(all[2], all[3])),
             max(max(all[4], all[5]), max(all[6], all[7])));
}

// Of eight vectors, one per lane, the pair 2j, 2j + 1.
fn pair_0(own: vec4f) -> Octet {
  return Octet(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u));
}

fn pair_1(own: vec4f) -> Octet {
  return Octet(subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));
}

fn pair_2(own: vec4f) -> Octet {
  return Octet(subgroupBroadcast(own, 4u), subgroupBroadcast(own, 5u));
}

fn pair_3(own: vec4f) -> Octet {
  return Octet(subgroupBroadcast(own, 6u), subgroupBroadcast(own, 7u));
}
