// What the model said after the nodes of earlier trees, those that were not kept among them: after the same
// two tokens, or the same one, it often says it again. The choices stand in the `proposal` of these kernels.
//
// A choice is kept at the place that its tokens' hash gives, over what was there before. Beside it stand other
// bits of the hash, so that hardly a choice is taken for that of other tokens.

const RECYCLED_CHOICES = 16384u; // A power of two: those of some thousand steps with small trees.

fn place_of_choice(hash: u32) -> u32 {
  return hash % RECYCLED_CHOICES;
}

// The choice that was kept for this hash, ABSENT_TOKEN if there is none.
fn choice_of_hash(hash: u32) -> u32 {
  let kept = proposal.choices[place_of_choice(hash)];
  return select(ABSENT_TOKEN, kept & ABSENT_TOKEN, kept >> TOKEN_BITS == hash >> TOKEN_BITS);
}

// A choice that may come again, and how probable that is where nothing else tells.
struct Recent { share: f32, token: u32 }

// About how often the choice was the same again in texts of SmolLM2's own, after two tokens and after one.
const SHARE_AFTER_TWO = 0.4;
const SHARE_AFTER_ONE = 0.25;

// What was chosen after these last two tokens, or after the newest.
fn recent_choice(before: u32, newest: u32) -> Recent {
  let after_two = choice_of_hash(hash_of_words(newest, before));
  let after_one = choice_of_hash(hash_of_words(newest, ABSENT_TOKEN));
  if (after_two != ABSENT_TOKEN) {
    return Recent(SHARE_AFTER_TWO, after_two);
  }
  return Recent(select(SHARE_AFTER_ONE, 0.0, after_one == ABSENT_TOKEN), after_one);
}
