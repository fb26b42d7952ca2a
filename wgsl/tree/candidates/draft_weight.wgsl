// How logits of drafts are weighed against each other. Drafts have a temperature of their own, from 0.4 for
// a greedy text to 1 for one that is sampled at temperature 1. With these most drafts of the demo model
// were accepted, in trees of any size.

override WEIGHED: bool = false; // Whether logits are divided by the drafts' temperature.
override DRAWN: bool = false; // Whether they are weighed with the noise to come instead, in place.

// How sharply drafts of drawn tokens are weighed against each other: of 1.6 to 3.5 this kept most drafts of
// the demo model, at temperatures of 0.7 and 1 and with trees of 4 and 16 nodes.
const SHARPNESS = 1.8;

// Read if WEIGHED or DRAWN.
@group(0) @binding(3) var<storage, read> settings: Settings;

// What logits are multiplied by that were not weighed in place.
fn weight() -> f32 {
  if (WEIGHED) {
    return 1.0 / mix(0.4, 1.0, settings.temperature);
  }
  return 1.0;
}
