// Candidates are ranked by their logits and their parents alone.

const MIXED = false;

fn mix_first(lane: u32) {}

fn mix_levels(lane: u32, first: u32) {}

fn go_on(lane: u32) {}
