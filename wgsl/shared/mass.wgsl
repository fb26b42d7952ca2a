// A part of the vocabulary in a softmax: its greatest logit, and Σ exp(logit − greatest).
struct Mass { greatest: f32, sum: f32 }
