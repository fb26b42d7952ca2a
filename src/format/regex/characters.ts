/** Sets of code points, as the escapes and brackets of a pattern name them. */

/** Whether a code point is in the set. */
export type CharacterSet = (codePoint: number) => boolean;

/** A set that remembers its answers, in pages of 256 code points. */
export function remembered(contains: CharacterSet): CharacterSet {
  const pages = new Map<number, Uint8Array>();
  let lastIndex = -1;
  let last: Uint8Array = new Uint8Array(0);
  return (codePoint) => {
    const index = codePoint >> 8;
    if (index !== lastIndex) {
      let page = pages.get(index);
      if (page === undefined) pages.set(index, page = new Uint8Array(256));
      [lastIndex, last] = [index, page];
    }
    const offset = codePoint & 255;
    if (last[offset] === 0) last[offset] = contains(codePoint) ? 1 : 2;
    return last[offset] === 1;
  };
}

/** The set that a bracket of the host's own regular expressions describes. */
export function nativeSet(source: string, flags = "u"): CharacterSet {
  const expression = new RegExp(`^${source}$`, flags);
  return remembered((codePoint) => expression.test(String.fromCodePoint(codePoint)));
}

/** The set of everything else. */
export function inverse(set: CharacterSet): CharacterSet {
  return (codePoint) => !set(codePoint);
}

/** White space as Unicode has it; the host's own `\s` adds U+FEFF and lacks U+0085. */
export const WHITE_SPACE = nativeSet("\\p{White_Space}");

/** What words consist of. */
const WORD = nativeSet("[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]");

/** The classes that have a letter of their own. */
export const ESCAPED_SETS: Readonly<Record<string, CharacterSet>> = {
  s: WHITE_SPACE,
  d: nativeSet("\\p{Nd}"),
  w: WORD,
  h: nativeSet("[0-9a-fA-F]"),
};

/** `\\w` outside of brackets: Oniguruma counts six numerals of Latin-1 among the letters there. */
const LONE = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}²³¹¼½¾]";

/** The set of {@linkcode LONE}. */
export const LONE_WORD = nativeSet(LONE);

/** What POSIX calls them, for `[:name:]` and, but for the two below, `\p{name}`. */
const POSIX: Readonly<Record<string, string>> = {
  alnum: "[\\p{Alphabetic}\\p{Nd}]",
  alpha: "\\p{Alphabetic}",
  ascii: "[\\0-\\x7f]",
  blank: "[\\p{Zs}\\t]",
  cntrl: "\\p{Cc}",
  digit: "\\p{Nd}",
  graph: "[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]",
  lower: "\\p{Lowercase}",
  print: "[[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]\\p{Zs}]",
  punct: "[\\p{P}\\p{S}]",
  space: "\\p{White_Space}",
  upper: "\\p{Uppercase}",
  word: "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]",
  xdigit: "[0-9a-fA-F]",
};

/** Names that stand for other sets in `\p{name}` than in `[:name:]`. */
const PROPERTIES: Readonly<Record<string, string>> = { ...POSIX, punct: "\\p{P}", word: LONE };

/**
 * The set with this name in brackets, `[:name:]`.
 *
 * @throws {Error} when there is none.
 */
export function posixSet(name: string): CharacterSet {
  const source = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
  if (source === undefined) throw new Error(`no class is called ${name}`);
  return nativeSet(source, "v");
}

/**
 * The set of a property: a POSIX class, a general category, a binary property or a script.
 *
 * @throws {Error} when there is none.
 */
export function namedSet(name: string): CharacterSet {
  const lower = name.toLowerCase();
  if (Object.hasOwn(PROPERTIES, lower)) return nativeSet(PROPERTIES[lower], "v");
  if (!/^[A-Za-z_]+(=[A-Za-z_]+)?$/.test(name)) throw new Error(`no property is called ${name}`);
  const title = name.replace(/(^|_)([a-z])/g, (_, start, letter) => start + letter.toUpperCase());
  for (const property of [name, title, `Script=${name}`, `Script=${title}`]) {
    try {
      return nativeSet(`\\p{${property}}`);
    } catch {
      // The next spelling may be known.
    }
  }
  throw new Error(`no property is called ${name}`);
}

/** The set of the characters that are the same letter, whatever their case. */
export function anyCase(codePoint: number): CharacterSet {
  return nativeSet(`\\u{${codePoint.toString(16)}}`, "iu");
}
