/** How many columns of a terminal a text takes. */

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Splits a text into what people call characters: é, 👩‍👩‍👧 and a line feed are one each. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Characters that East Asian terminals draw two columns wide. */
const WIDE = new RegExp(
  "^[" +
    "\\p{Script=Han}\\p{Script=Hangul}\\p{Script=Hiragana}\\p{Script=Katakana}" +
    "\\p{Script=Bopomofo}\\p{Script=Yi}\\p{Script=Tangut}" +
    // Punctuation of these scripts, enclosed letters, and the full-width forms.
    "\\u3001-\\u303E\\u3099-\\u33FF\\uFE30-\\uFE6B\\uFF01-\\uFF60\\uFFE0-\\uFFE6" +
    "]",
  "u",
);
/** Half-width letters of the same scripts. */
const NARROW = /^[\uFF61-\uFFDC]/;
/** Shown as a picture by default, asked to be one by U+FE0F, or a flag. */
const EMOJI = /^(\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}{2})/u;
/** Marks, joiners and controls that move nothing. */
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u2028\u2029]+$/u;

/** Columns of one grapheme: 0, 1 or 2. */
export function graphemeWidth(grapheme: string): number {
  if (/^[ -~]$/.test(grapheme)) return 1;
  if (INVISIBLE.test(grapheme)) return 0;
  if (NARROW.test(grapheme)) return 1;
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1;
}

/** Columns of a text without line breaks. */
export function textWidth(text: string): number {
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}
