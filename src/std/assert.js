// @ts-self-types="./assert.d.ts"
export { assert } from "npm:deno-std@1.4.0/assert/assert.js";
export { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/almost_equals.js";
export { assertEquals } from "npm:deno-std@1.4.0/assert/equals.js";
export { assertMatch } from "npm:deno-std@1.4.0/assert/match.js";
export { assertNotEquals } from "npm:deno-std@1.4.0/assert/not_equals.js";
export { assertRejects } from "npm:deno-std@1.4.0/assert/rejects.js";
export { assertStringIncludes } from "npm:deno-std@1.4.0/assert/string_includes.js";
export { assertThrows } from "npm:deno-std@1.4.0/assert/throws.js";
