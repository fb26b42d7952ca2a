// A candidate after a parent: its log probability there, and which list has the candidates after it.
struct Child { value: f32, token: u32, list: u32 }
