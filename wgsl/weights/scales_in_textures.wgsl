// Where scales stand: in a texture, 16 bytes at a time.

@group(0) @binding(10) var scales: texture_storage_2d<rgba32uint, read>;

fn scale_words(i: u32) -> vec4u {
  return textureLoad(scales, texel_at(i));
}
