// Weights as codes, with a scale and an offset for each group of weights along the sum. A codec adds how
// many words an octet of codes takes, OCTET_WORDS, and what they stand for: `decode`.

override GROUP_OCTETS: u32; // Octets of a group.
override SCALES_SINGLE: bool = false; // Both numbers are single floats, in two words.
override SCALES_BFLOAT: bool = false; // They are bfloat16; else half precision. In one word.
override OFFSET_ADDED: bool; // A weight is code · scale + offset; else (code − offset) · scale.

// Pairs of a scale and an offset, inner() / 8 / GROUP_OCTETS of a column, of SIDE_BY_SIDE columns as the
// octets, are what `scale_words` reads.

// The words of an octet; the second is of no account if it has but one.
alias Stored = vec2u;
// Scales and offsets of an octet of each of eight columns.
alias Scales = array<vec2f, 8>;

// Groups of a column.
fn group_count() -> u32 {
  return inner() / 8u / GROUP_OCTETS + unknown_zero();
}

fn group_octets() -> u32 {
  return GROUP_OCTETS;
}

// A pair in one word.
fn pair_of(word: u32) -> vec2f {
  if (SCALES_BFLOAT) {
    return bitcast<vec2f>(vec2(word << 16u, word & 0xffff0000u));
  }
  return unpack2x16float(word);
}

fn scale_place(column: u32, octet: u32) -> u32 {
  return place_of(column, octet / GROUP_OCTETS, inner() / 8u / GROUP_OCTETS);
}

// The scale and the offset of an octet.
fn load_scale(column: u32, octet: u32) -> vec2f {
  let place = scale_place(column, octet);
  if (SCALES_SINGLE) {
    let words = scale_words(place / 2u);
    return bitcast<vec2f>(select(words.xy, words.zw, place % 2u == 1u));
  }
  return pair_of(scale_words(place / 4u)[place % 4u]);
}

// Those of eight columns, of which the first is a multiple of eight.
fn load_scales(column: u32, octet: u32) -> Scales {
  if (SIDE_BY_SIDE != 8u || SCALES_SINGLE) {
    return Scales(load_scale(column, octet), load_scale(column + 1u, octet),
                  load_scale(column + 2u, octet), load_scale(column + 3u, octet),
                  load_scale(column + 4u, octet), load_scale(column + 5u, octet),
                  load_scale(column + 6u, octet), load_scale(column + 7u, octet));
  }
  let at = scale_place(column, octet) / 4u;
  let a = scale_words(at);
  let b = scale_words(at + 1u);
  return Scales(pair_of(a.x), pair_of(a.y), pair_of(a.z), pair_of(a.w),
                pair_of(b.x), pair_of(b.y), pair_of(b.z), pair_of(b.w));
}

// code · scale, rounded once even where a device fuses products with sums: upper and lower bits of the
// scale have exact products with a code.
fn rounded_product(codes: vec4f, scale: f32) -> vec4f {
  let upper = bitcast<f32>(bitcast<u32>(scale) & 0xffffff00u);
  return fma(codes, vec4(scale - upper), codes * upper);
}

// The weights that the codes of an octet stand for.
fn scaled(words: Stored, scale: vec2f) -> Octet {
  let codes = decode(words);
  if (OFFSET_ADDED && SCALES_SINGLE) {
    return Octet(rounded_product(codes.low, scale.x) + scale.y,
                 rounded_product(codes.high, scale.x) + scale.y);
  }
  if (OFFSET_ADDED) { // Products are exact, so that it does not matter whether this is fused.
    return Octet(fma(codes.low, vec4(scale.x), vec4(scale.y)),
                 fma(codes.high, vec4(scale.x), vec4(scale.y)));
  }
  return Octet((codes.low - scale.y) * scale.x, (codes.high - scale.y) * scale.x);
}

fn load_stored(column: u32, octet: u32) -> Stored {
  let place = octet_place(column, octet);
  if (OCTET_WORDS == 1u) {
    return vec2(weight_words(place / 4u)[place % 4u], 0u);
  }
  let words = weight_words(place / 2u);
  return select(words.xy, words.zw, place % 2u == 1u);
}

fn load_weights(column: u32, octet: u32) -> Octet {
  return scaled(load_stored(column, octet), load_scale(column, octet));
}

// The same octet of eight columns, of which the first is a multiple of eight, with its scales.
fn load_eight(column: u32, octet: u32, s: Scales) -> array<Octet, 8> {
  if (SIDE_BY_SIDE != 8u) {
    return array(scaled(load_stored(column, octet), s[0]), scaled(load_stored(column + 1u, octet), s[1]),
                 scaled(load_stored(column + 2u, octet), s[2]),
                 scaled(load_stored(column + 3u, octet), s[3]),
                 scaled(load_stored(column + 4u, octet), s[4]),
                 scaled(load_stored(column + 5u, octet), s[5]),
                 scaled(load_stored(column + 6u, octet), s[6]),
                 scaled(load_stored(column + 7u, octet), s[7]));
  }
  let at = octet_place(column, octet) * OCTET_WORDS / 4u;
  let a = weight_words(at);
  let b = weight_words(at + 1u);
  if (OCTET_WORDS == 1u) {
    return array(scaled(a.xx, s[0]), scaled(a.yy, s[1]), scaled(a.zz, s[2]), scaled(a.ww, s[3]),
                 scaled(b.xx, s[4]), scaled(b.yy, s[5]), scaled(b.zz, s[6]), scaled(b.ww, s[7]));
  }
  let c = weight_words(at + 2u);
  let d = weight_words(at + 3u);
  return array(scaled(a.xy, s[0]), scaled(a.zw, s[1]), scaled(b.xy, s[2]), scaled(b.zw, s[3]),
               scaled(c.xy, s[4]), scaled(c.zw, s[5]), scaled(d.xy, s[6]), scaled(d.zw, s[7]));
}

// Four octets of a column as they are stored, with the pair of each; of octets of one word the second
// vector is of no account. See matmul_blocks.wgsl.
struct FourCodes { words: vec4u, more_words: vec4u, pairs: array<vec2u, 4> }

// Those at hand, and the next four, which are on their way.
struct Four { own: FourCodes, next: FourCodes }

// A pair as it is stored.
fn load_pair(column: u32, octet: u32) -> vec2u {
  let place = scale_place(column, octet);
  if (SCALES_SINGLE) {
    let words = scale_words(place / 2u);
    return select(words.xy, words.zw, place % 2u == 1u);
  }
  return vec2(scale_words(place / 4u)[place % 4u], 0u);
}

// The pairs of four octets; those of octets of one group are one load.
fn load_pairs(column: u32, octet: u32) -> array<vec2u, 4> {
  let last = inner() / 8u - 1u;
  let a = load_pair(column, min(octet, last));
  if (GROUP_OCTETS % 4u == 0u) {
    return array(a, a, a, a);
  }
  let c = load_pair(column, min(octet + 2u, last));
  if (GROUP_OCTETS % 2u == 0u) {
    return array(a, a, c, c);
  }
  return array(a, load_pair(column, min(octet + 1u, last)),
               c, load_pair(column, min(octet + 3u, last)));
}

fn load_codes(column: u32, octet: u32) -> FourCodes {
  let last = inner() / 8u - 1u;
  let pairs = load_pairs(column, octet);
  if (TOGETHER == 4u && OCTET_WORDS == 1u) {
    return FourCodes(weight_words(octet_place(column, min(octet, max(last, 3u) - 3u)) / 4u), vec4u(), pairs);
  }
  if (TOGETHER == 2u && OCTET_WORDS == 2u) {
    let words = weight_words(octet_place(column, min(octet, max(last, 1u) - 1u)) / 2u);
    let more = weight_words(octet_place(column, min(octet + 2u, max(last, 1u) - 1u)) / 2u);
    return FourCodes(words, more, pairs);
  }
  let a = load_stored(column, min(octet, last));
  let b = load_stored(column, min(octet + 1u, last));
  let c = load_stored(column, min(octet + 2u, last));
  let d = load_stored(column, min(octet + 3u, last));
  if (OCTET_WORDS == 1u) {
    return FourCodes(vec4(a.x, b.x, c.x, d.x), vec4u(), pairs);
  }
  return FourCodes(vec4(a, b), vec4(c, d), pairs);
}

fn load_four(column: u32, octet: u32) -> Four {
  return Four(load_codes(column, octet), FourCodes());
}

fn words_of(codes: FourCodes, i: u32) -> vec2u {
  if (OCTET_WORDS == 1u) {
    return vec2(codes.words[i], 0u);
  }
  let two = select(codes.words, codes.more_words, i >= 2u);
  return select(two.xy, two.zw, i % 2u == 1u);
}

fn octet_of(four: Four, i: u32) -> Octet {
  let pair = four.own.pairs[i];
  if (SCALES_SINGLE) {
    return scaled(words_of(four.own, i), bitcast<vec2f>(pair));
  }
  return scaled(words_of(four.own, i), pair_of(pair.x));
}

// After octet i was used: with the first of them the next four are requested, with the last they are
// what is at hand.
fn replace_octet(four: Four, i: u32, column: u32, next: u32) -> Four {
  if (i == 0u) { return Four(four.own, load_codes(column, next)); }
  if (i == 3u) { return Four(four.next, FourCodes()); }
  return four;
}
