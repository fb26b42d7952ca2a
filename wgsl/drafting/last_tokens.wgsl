// By what drafts are found that take no pass: the last tokens of a text, of 21 bits each.

const TOKEN_BITS = 21u;
const ABSENT_TOKEN = 2097151u; // 2^21 − 1, in place of a token that is not there.

fn hash_of_words(low: u32, high: u32) -> u32 {
  var hash = (low ^ (high * 0x9e3779b1u)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 16u)) * 0xc2b2ae35u;
  return hash ^ (hash >> 13u);
}
