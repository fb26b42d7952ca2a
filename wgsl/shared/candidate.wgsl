// A token that may be chosen or drafted, and the value by which it is ranked.
struct Candidate { value: f32, token: u32 }

// Stands where there is no candidate.
const NONE = Candidate(-3.4e38, 0xffffffffu);

// The greater value comes first; of equal ones that of the lower token.
fn is_before(a: Candidate, b: Candidate) -> bool {
  return a.value > b.value || (a.value == b.value && a.token < b.token);
}

fn better(a: Candidate, b: Candidate) -> Candidate {
  if (is_before(b, a)) {
    return b;
  }
  return a;
}
