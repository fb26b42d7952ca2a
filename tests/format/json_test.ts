/** Duplicate keys are found wherever they hide, and only there. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import * as fc from "fast-check";
import { Fields } from "../../src/format/json.ts";
import { findDuplicateKey } from "../../src/format/unique_keys.ts";

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

Deno.test("a key is read by its usual name, and a fault names what stands in the file", () => {
  const names = { num_layers: "num_hidden_layers", epsilon: "rms_norm_eps" };
  const fields = new Fields({ num_layers: 2, rms_norm_eps: 1, epsilon: 3 }, "config.json")
    .withUsualNames(names).withDefaults({ num_hidden_layers: 5 });
  assertEquals(fields.value("num_hidden_layers"), 2);
  assertEquals(fields.value("num_layers"), undefined);
  assertStringIncludes(fields.fault("num_hidden_layers", "more").message, 'key "num_layers"');
  const entry = fields.entryFault("num_hidden_layers", 0, 2, "more").message;
  assertStringIncludes(entry, 'key "num_layers", entry 0');
  // Where both stand, the usual one counts, and the other is there if it says something else.
  assertEquals(fields.value("epsilon"), 3);
  const twice = new Fields({ num_layers: 2, num_hidden_layers: 2 }, "").withUsualNames(names);
  assertEquals(twice.keys(), ["num_hidden_layers"]);
  assertEquals(fields.value("rms_norm_eps"), 1);
  assertStringIncludes(fields.fault("rms_norm_eps", "less").message, 'key "rms_norm_eps"');
});
