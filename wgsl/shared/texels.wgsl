// Texels one after the other in a texture.

const ROW_TEXELS = 1024u; // Of a row, as src/gpu/texels.ts has it.

fn texel_at(i: u32) -> vec2u {
  return vec2(i % ROW_TEXELS, i / ROW_TEXELS);
}
