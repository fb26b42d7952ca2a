import { assertEquals, assertThrows } from "@std/assert";
import { constantOf, StructLayout } from "../../src/gpu/layout.ts";

const SOURCE = `
  const MOST = 3u; // A comment.
  struct Point { x: f32, y: u32 }
  struct Shape { count: u32, corners: array<Point, MOST>, ends: array<u32, MOST + 1u> }
  struct List { last: Point, words: array<u32> }
  @group(0) @binding(0) var<storage, read> list: List;
  fn main() { if (true) { return; } }`;

interface Point {
  x: number;
  y: number;
}
const SHAPE = new StructLayout<{ count: number; corners: Point[]; ends: number[] }>(
  SOURCE,
  "Shape",
);
const LIST = new StructLayout<{ last: Point; words: number[] }>(SOURCE, "List");

Deno.test("sizes and places of members are those of the declaration", () => {
  assertEquals(SHAPE.byteLength(), 4 * (1 + 2 * 3 + 4));
  assertEquals(SHAPE.offsetOf("corners"), 4);
  assertEquals(SHAPE.offsetOf("corners", 2), 4 + 2 * 8);
  assertEquals(SHAPE.offsetOf("ends", 1), 4 + 24 + 4);
  assertEquals([LIST.byteLength(), LIST.byteLength(5)], [8, 28]);
});

Deno.test("values are packed and come back", () => {
  const shape = {
    count: 2,
    corners: [{ x: 0.5, y: 1 }, { x: -1, y: 2 ** 32 - 1 }, { x: -Infinity, y: 0 }],
    ends: [4, 5, 6, 7],
  };
  const words = SHAPE.pack(shape, { ...shape, count: 9 });
  assertEquals([...words.subarray(0, 3)], [2, 0x3f000000, 1]);
  assertEquals(SHAPE.unpack(words), shape);
  assertEquals(SHAPE.unpackAll(words), [shape, { ...shape, count: 9 }]);
  const list = { last: { x: 2, y: 3 }, words: [1, 2, 3] };
  assertEquals(LIST.pack(list).byteLength, 20);
  assertEquals(LIST.unpack(LIST.pack(list)), list);
});

Deno.test("what does not fit the declaration is refused by name", () => {
  const corner = { x: 1, y: 1 };
  const shape = { count: 1, corners: [corner, corner, corner], ends: [1, 2, 3, 4] };
  assertThrows(
    () => SHAPE.pack({ ...shape, ends: [1] }),
    RangeError,
    "Shape.ends has 1 elements instead of 4",
  );
  const missing = { ...shape, corners: [corner, { x: 1 } as Point, corner] };
  assertThrows(() => SHAPE.pack(missing), RangeError, "Shape.corners[1].y has no value");
  const unknown = new StructLayout<{ z: number }>(SOURCE, "Point");
  assertThrows(() => unknown.offsetOf("z"), RangeError, "struct Point has no member z");
  assertThrows(
    () => new StructLayout(SOURCE, "Circle").byteLength(),
    RangeError,
    "no struct Circle",
  );
});

Deno.test("limits are read from their constants", () => {
  assertEquals(constantOf("\nconst MOST = 3u; // three\nconst MOST_OF_ALL = 4u;\n", "MOST"), 3);
  assertThrows(() => constantOf(SOURCE, "LEAST"), RangeError, "no constant LEAST");
});
