import { assertEquals } from "@std/assert";
import { topLevelFindings } from "./doc_lint.ts";

Deno.test("undocumented exports count, undocumented members do not", () => {
  const report = `error[missing-jsdoc]: exported symbol is missing JSDoc documentation
  --> /project/src/gpu/gpu.ts:12:1
   |
12 | export function open() {}
   | ^

error[missing-jsdoc]: exported symbol is missing JSDoc documentation
 --> /project/src/gpu/gpu.ts:9:3
  |
9 |   label: string;
  |   ^

error: Found 2 documentation lint errors.
`;
  assertEquals(topLevelFindings(report), [
    "/project/src/gpu/gpu.ts:12: exported symbol is missing JSDoc documentation [missing-jsdoc]",
  ]);
});
