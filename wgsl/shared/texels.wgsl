// Texels one after the other in a texture.

override ROW_TEXELS: u32; // Of a row.

fn texel_at(i: u32) -> vec2u {
  return vec2(i % ROW_TEXELS, i / ROW_TEXELS);
}
