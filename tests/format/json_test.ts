/** Duplicate keys are found wherever they hide, and only there. */
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { findDuplicateKey } from "../../src/format/json.ts";

Deno.test("a duplicate key is found at any depth and in any spelling", () => {
  const cases: [string, string | null][] = [
    ["{}", null],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', null],
    ['{"a":1,"a":2}', "a"],
    ['{"a" : 1 , "b":{"c":[{"x":1,\n"x"\t: 2}]}}', "x"],
    ['{"a":1,"b":[{}],"a":2}', "a"],
    ['{"a":1,"\\u0061":2}', "a"],
    ['{"":1,"":2}', ""],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
    // Values, brackets and quotes in strings are no keys.
    ['{"a":"a","b":"a"}', null],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}', null],
    ['{"a\\\\":1,"a":2}', null],
    ['["a","a"]', null],
  ];
  for (const [text, key] of cases) assertEquals(findDuplicateKey(text), key, text);
});

Deno.test("no valid JSON made from an object has one, and one put in is found", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
    const text = JSON.stringify(object);
    assertEquals(findDuplicateKey(text), null);
    for (const key of Object.keys(object)) {
      assertEquals(findDuplicateKey(`${text.slice(0, -1)},${JSON.stringify(key)}:0}`), key);
    }
  }));
});
