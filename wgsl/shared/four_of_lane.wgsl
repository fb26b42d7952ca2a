// A subgroup of eight lanes with 32 rows or queries, or several times as many: each lane has four of
// every 32, which are the components of its vectors.

const LANES = 8u;

// Up to 128 numbers, each of the lane's four.
var<private> own: array<vec4f, 128>;

fn put(component: u32, i: u32, number: f32) {
  own[i] = select(own[i], vec4(number), vec4(component) == vec4(0u, 1u, 2u, 3u));
}

// Puts an octet where the lane has that component.
fn put_octet(component: u32, octet: u32, value: Octet) {
  let i = 8u * octet;
  put(component, i, value.low.x);
  put(component, i + 1u, value.low.y);
  put(component, i + 2u, value.low.z);
  put(component, i + 3u, value.low.w);
  put(component, i + 4u, value.high.x);
  put(component, i + 5u, value.high.y);
  put(component, i + 6u, value.high.z);
  put(component, i + 7u, value.high.w);
}

// A component that a loop counts.
fn component_of(component: u32, v: vec4f) -> f32 {
  let of_two = select(v.xz, v.yw, component % 2u == 1u);
  return select(of_two.x, of_two.y, component >= 2u);
}

// What one lane holds, for all lanes and all that they have.
fn from_lane(number: f32, lane: u32) -> vec4f {
  return vec4(subgroupShuffle(number, lane));
}
