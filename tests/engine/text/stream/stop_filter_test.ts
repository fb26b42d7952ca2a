import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StopFilter } from "../../../../src/engine/text/stream/stop_filter.ts";

function filtered(pieces: readonly string[], stops: readonly string[]): string[] {
  const filter = new StopFilter(stops);
  const given = pieces.map((piece) => filter.push(piece));
  return filter.stop === null ? [...given, filter.finish()] : given;
}

Deno.test("the beginning of a stop string is held back until it is certain", () => {
  assertEquals(filtered(["ab", "\n", "\nc"], ["\n\n"]), ["ab", "", ""]);
  assertEquals(filtered(["ab\n", "c"], ["\n\n"]), ["ab", "\nc", ""]);
  assertEquals(filtered(["ab\n"], ["\n\n"]), ["ab", "\n"]);
});

Deno.test("of several stop strings the one that is complete first ends the text", () => {
  assertEquals(filtered(["xabcd"], ["cd", "bc"]).join(""), "xa");
  assertEquals(filtered(["xabb"], ["abb", "b"]).join(""), "xa");
  assertEquals(filtered(["aab"], ["ab"]).join(""), "a");
});

Deno.test("the filter tells which stop string came, the longest of those that end together", () => {
  const filter = new StopFilter(["b", "abb", "c"]);
  assertEquals([filter.push("xab"), filter.stop], ["xa", "b"]);
  const other = new StopFilter(["bb", "abb", "c"]);
  assertEquals([other.push("xabb"), other.stop], ["x", "abb"]);
});

Deno.test("text after a stop string is gone", () => {
  assertEquals(filtered(["a.", "b", "."], ["."]), ["a", "", ""]);
});

Deno.test("however a text is cut, the result is what comes before the first stop string", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 30 });
  const stops = fc.array(
    fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }),
    {
      maxLength: 3,
    },
  );
  fc.assert(fc.property(letters, stops, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), check), {
    numRuns: 2000,
  });

  function check(text: string, stops: string[], lengths: Iterable<number>) {
    const pieces: string[] = [];
    let rest = text;
    for (const length of lengths) {
      if (rest === "") break;
      pieces.push(rest.slice(0, length));
      rest = rest.slice(length);
    }
    assertEquals(filtered(pieces, stops).join(""), textByLetters(text, stops));
  }
});

/** The slow twin: letter by letter, ending when a stop string is complete. */
function textByLetters(text: string, stops: readonly string[]): string {
  for (let end = 0; end <= text.length; end++) {
    const complete = stops.filter((stop) => text.slice(0, end).endsWith(stop));
    if (complete.length > 0) {
      return text.slice(0, end - Math.max(...complete.map((stop) => stop.length)));
    }
  }
  return text;
}

Deno.test("text that begins no stop string is never held back", () => {
  fc.assert(fc.property(fc.array(fc.string()), (pieces) => {
    const filter = new StopFilter(["\u0000never"]);
    for (const piece of pieces.map((one) => one.replaceAll("\u0000", ""))) {
      assertEquals(filter.push(piece), piece);
    }
    assertEquals(filter.stop, null);
  }));
});
