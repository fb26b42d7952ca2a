import { assert, assertEquals } from "@std/assert";
import { philox4x32_10, type Words4 } from "../../src/checks/oracles/numbers/philox.ts";
import {
  randomIntegers,
  randomNormals,
  randomParents,
} from "../../src/checks/oracles/numbers/random.ts";

const ALL_ONES = 0xffffffff;

/** Counter, key and output as published with the generator (Random123's known-answer file). */
const KNOWN_ANSWERS: { counter: Words4; key: [number, number]; words: Words4 }[] = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [ALL_ONES, ALL_ONES, ALL_ONES, ALL_ONES],
    key: [ALL_ONES, ALL_ONES],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

Deno.test("philox4x32_10 gives the published answers", () => {
  for (const { counter, key, words } of KNOWN_ANSWERS) {
    assertEquals(philox4x32_10(counter, key), words);
  }
});

Deno.test("random test data repeats for a seed, differs between seeds and is in range", () => {
  const normals = randomNormals(20000, 1);
  assertEquals(randomNormals(20000, 1), normals);
  assert(randomNormals(1, 2)[0] !== normals[0]);
  const mean = normals.reduce((a, b) => a + b) / normals.length;
  const variance = normals.reduce((a, b) => a + b * b, 0) / normals.length;
  assert(Math.abs(mean) < 0.03, `mean ${mean}`);
  assert(Math.abs(variance - 1) < 0.04, `variance ${variance}`);
  assertEquals(new Set(randomIntegers(500, 3, 7)), new Set([0, 1, 2, 3, 4, 5, 6]));
  const parents = randomParents(200, 4);
  assert(
    parents.every((parent, node) => node === 0 ? parent === -1 : 0 <= parent && parent < node),
  );
});
