// How logits of drafts are weighed against each other: by how sharp they are, and where the text's tokens
// are drawn also with the noise to come, which is done in place.

override SHARPNESS: f32 = 1; // What logits are multiplied by.
override DRAWN: bool = false; // Whether they are weighed in place.

// What logits are multiplied by that were not weighed in place.
fn weight() -> f32 {
  return select(SHARPNESS, 1.0, DRAWN);
}
