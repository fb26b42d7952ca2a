import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  drawOver,
  type LineView,
  reflow,
  viewOf,
  window,
} from "../../../src/cli/terminal/line_view.ts";
import { graphemeWidth, textWidth } from "../../../src/cli/terminal/text_width.ts";

const PROMPTS = { first: "> ", next: "  " };

Deno.test("the widths of letters, wide characters, marks and emoji are those of terminals", () => {
  const expected: [string, number][] = [
    ["a", 1],
    ["é", 1],
    ["e\u0301", 1],
    ["ß", 1],
    ["Ω", 1],
    ["中", 2],
    ["か", 2],
    ["한", 2],
    ["。", 2],
    ["！", 2],
    ["ｱ", 1],
    ["👍", 2],
    ["👍🏽", 2],
    ["👩‍👩‍👧", 2],
    ["🇩🇪", 2],
    ["❤️", 2],
    ["❤", 1],
    ["1️⃣", 2],
    ["1", 1],
    ["\u0301", 0],
    ["\u200b", 0],
    ["—", 1],
    ["…", 1],
  ];
  for (const [text, width] of expected) assertEquals(graphemeWidth(text), width, text);
  assertEquals(textWidth("中a👍"), 5);
});

Deno.test("a long line is wrapped before the last column and the cursor follows", () => {
  const view = viewOf("abcdefgh", 8, PROMPTS, 7);
  assertEquals(view, {
    rows: ["> abcd", "efgh"],
    widths: [6, 4],
    cursorRow: 1,
    cursorColumn: 4,
  });
  assertEquals(viewOf("abcdefgh", 4, PROMPTS, 7).cursorRow, 1);
  assertEquals(viewOf("abcdefgh", 4, PROMPTS, 7).cursorColumn, 0);
  assertEquals(viewOf("abcd", 4, PROMPTS, 7).cursorColumn, 6);
});

Deno.test("a wide character that does not fit goes to the next row", () => {
  assertEquals(viewOf("abc中", 4, PROMPTS, 7).rows, ["> abc", "中"]);
  assertEquals(viewOf("ab中", 3, PROMPTS, 7), {
    rows: ["> ab中"],
    widths: [6],
    cursorRow: 0,
    cursorColumn: 6,
  });
});

Deno.test("further lines are indented and the cursor is found in each", () => {
  const text = "one\n\n三";
  const places = [0, 3, 4, 5, 6].map((cursor) => {
    const { cursorRow, cursorColumn } = viewOf(text, cursor, PROMPTS, 80);
    return [cursorRow, cursorColumn];
  });
  assertEquals(places, [[0, 2], [0, 5], [1, 2], [2, 2], [2, 4]]);
  assertEquals(viewOf(text, 0, PROMPTS, 80).rows, ["> one", "  ", "  三"]);
});

Deno.test("tabs and control characters take the width that they show", () => {
  assertEquals(viewOf("\ta", 2, PROMPTS, 80).rows, [">     a"]);
  assertEquals(viewOf("\x1b[", 2, PROMPTS, 80), {
    rows: ["> ^[["],
    widths: [5],
    cursorRow: 0,
    cursorColumn: 5,
  });
});

Deno.test("of a message taller than the screen the rows around the cursor are shown", () => {
  const view = viewOf("a\nb\nc\nd\ne", 4, PROMPTS, 80);
  assertEquals(window(view, 3).rows, ["> a", "  b", "  c"]);
  assertEquals(window(view, 3).cursorRow, 2);
  assertEquals(window(viewOf("a\nb\nc\nd\ne", 9, PROMPTS, 80), 2).rows, ["  d", "  e"]);
  assertEquals(window(view, 5), view);
});

Deno.test("after narrowing the terminal the cursor's row counts the wrapped rows above it", () => {
  const view: LineView = { rows: ["", ""], widths: [50, 30], cursorRow: 1, cursorColumn: 30 };
  assertEquals(reflow(view, 20).cursorRow, 4);
  assertEquals(reflow(view, 20).cursorColumn, 10);
  assertEquals(reflow(view, 80).cursorRow, 1);
});

/** A terminal that understands what `drawOver` writes. */
class Screen {
  rows: string[] = [""];
  row = 0;
  column = 0;

  write(codes: string): void {
    // deno-lint-ignore no-control-regex
    const code = /\x1b\[(\d+)A|\x1b\[(\d+)C|(\x1b\[J)|([^])/g;
    for (const [, up, right, clear, character] of codes.matchAll(code)) {
      if (up) this.row -= Number(up);
      else if (right) this.column += Number(right);
      else if (clear) {
        this.rows.length = this.row + 1;
        this.rows[this.row] = this.rows[this.row].slice(0, this.column);
      } else if (character === "\r") this.column = 0;
      else if (character === "\n") this.rows[++this.row] ??= "";
      else {
        this.rows[this.row] = this.rows[this.row].padEnd(this.column).slice(0, this.column) +
          character;
        this.column++;
      }
    }
  }
}

Deno.test("whatever was drawn before, the screen shows the text and the cursor of now", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 60 });
  const message = text.chain((whole) => fc.tuple(fc.constant(whole), fc.nat(whole.length)));
  fc.assert(fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), (messages) => {
    const screen = new Screen();
    let drawn: LineView | null = null;
    for (const [whole, cursor] of messages) {
      const view = viewOf(whole, cursor, PROMPTS, 12);
      screen.write(drawOver(drawn, view));
      drawn = view;
      assertEquals(screen.rows.map((row) => row.trimEnd()), view.rows.map((row) => row.trimEnd()));
      assertEquals([screen.row, screen.column], [view.cursorRow, view.cursorColumn]);
      assert(view.widths.every((width) => width < 12));
    }
  }));
});
