// Where octets stand: in a texture, 16 bytes at a time. Mesa's software driver reads eight texels at once, and a
// buffer lane after lane.

@group(0) @binding(1) var weights: texture_storage_2d<rgba32uint, read>;

fn weight_words(i: u32) -> vec4u {
  return textureLoad(weights, texel_at(i));
}
