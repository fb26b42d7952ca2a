import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/cli/errors.ts";
import {
  choice,
  integer,
  number,
  once,
  parseFlags,
  text,
  texts,
  toggle,
} from "../../../src/cli/flags/flags.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";

const TABLE = {
  prompt: text({ short: "p", placeholder: "TEXT", help: "" }),
  stop: texts({ placeholder: "TEXT", help: "" }),
  count: integer({ short: "n", placeholder: "N", help: "", minimum: 1, maximum: 9, initial: 5 }),
  share: number({ placeholder: "P", help: "", minimum: 0, maximum: 1 }),
  kind: choice({ words: ["f16", "f32"], initial: "f16", help: "" }),
  json: toggle({ help: "" }),
};

function parse(...args: string[]) {
  return parseFlags("try", TABLE, args);
}

function messageOf(...args: string[]): string {
  return assertThrows(() => parse(...args), UsageError).message;
}

Deno.test("flags that are not given have their initial values", () => {
  assertEquals(parse(), {
    prompt: undefined,
    stop: [],
    count: 5,
    share: undefined,
    kind: "f16",
    json: false,
  });
});

Deno.test("values are read in all the ways that people write them", () => {
  assertEquals(parse("--prompt", "a b").prompt, "a b");
  assertEquals(parse("--prompt=a=b").prompt, "a=b");
  assertEquals(parse("-p", "x").prompt, "x");
  assertEquals(parse("-px").prompt, "x");
  assertEquals(parse("-p=x", "-n=9"), { ...parse(), prompt: "x", count: 9 });
  assertEquals([parse("-p==x").prompt, parse("-p", "=x").prompt, parse("-p=").prompt], [
    "=x",
    "=x",
    "",
  ]);
  assertEquals(parse("-p", "- a list\n- of things").prompt, "- a list\n- of things");
  assertEquals(parse("-p", "").prompt, "");
  assertEquals(parse("--stop", "a", "--stop=b", "--stop", "-").stop, ["a", "b", "-"]);
  assertEquals(parse("-n", "9", "--share", "2.5e-1"), { ...parse(), count: 9, share: 0.25 });
  assertEquals(parse("--kind", "f32", "--json"), { ...parse(), kind: "f32", json: true });
});

Deno.test("the last of several values counts", () => {
  assertEquals(parse("-n", "1", "-n", "2").count, 2);
  assertEquals(parse("-p", "a", "-p", "b").prompt, "b");
});

Deno.test("a text that must not get lost is not given twice", () => {
  const table = { prompt: once(text({ short: "p", placeholder: "TEXT", help: "" })) };
  assertEquals(parseFlags("try", table, ["-p", ""]).prompt, "");
  const twice = () => parseFlags("try", table, ["-p", "a", "--prompt=b"]);
  assertThrows(twice, UsageError, '--prompt can be given once, but there are "a" and "b"');
});

Deno.test("an unknown flag is refused and names the nearest", () => {
  assertEquals(messageOf("--jsn"), "try has no flag --jsn; did you mean --json?");
  assertEquals(messageOf("--jsno"), "try has no flag --jsno; did you mean --json?");
  assertEquals(messageOf("--knid"), "try has no flag --knid; did you mean --kind?");
  assertEquals(messageOf("--shar=3"), "try has no flag --shar; did you mean --share?");
  assertEquals(messageOf("--entirely"), "try has no flag --entirely; see foretoken try --help");
  assertEquals(messageOf("-z"), "try has no flag -z; see foretoken try --help");
  assertStringIncludes(messageOf("--toString"), "no flag --toString");
  assertStringIncludes(messageOf("--__proto__=1"), "no flag --__proto__");
});

Deno.test("numbers out of range or no numbers are refused with the range", () => {
  const refusal = "--count needs a whole number from 1 to 9, not ";
  for (const value of ["0", "10", "-1", "1.5", "1e99"]) {
    assertEquals(messageOf("--count", value), refusal + value);
  }
  for (const value of ["x", "", "0x3", "NaN"]) {
    assertEquals(messageOf("--count", value), refusal + JSON.stringify(value));
  }
  for (const value of ["-0.1", "1.01", "Infinity", "1,5"]) {
    assertStringIncludes(messageOf("--share", value), "needs a number from 0 to 1");
  }
});

Deno.test("a number too large to be exact is told the greatest one, not the least", () => {
  const flags = {
    seed: integer({ placeholder: "N", help: "", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  };
  const refusal = (value: string) =>
    assertThrows(() => parseFlags("try", flags, ["--seed", value]), UsageError).message;
  const [low, high] = [refusal("-1"), refusal("18446744073709551615")];
  assertEquals(low, "--seed needs a whole number of at least 0, not -1");
  assertEquals(
    high,
    "--seed needs a whole number of at most 9007199254740991, not 18446744073709551615",
  );
});

Deno.test("missing, superfluous and wrong values are refused", () => {
  assertEquals(messageOf("--prompt"), "--prompt needs a value: --prompt TEXT");
  assertEquals(messageOf("-p", "--json"), "-p needs a value: -p TEXT");
  assertEquals(parse("--prompt=--json").prompt, "--json");
  assertStringIncludes(messageOf("--json=yes"), "--json takes no value");
  assertEquals(messageOf("--kind", "f8"), '--kind needs f16 or f32, not "f8"');
  assertStringIncludes(messageOf("--stop", ""), "not empty");
});

Deno.test("arguments that are not flags are refused", () => {
  assertStringIncludes(messageOf("hello"), 'flags only, but there is "hello"');
  assertStringIncludes(messageOf("hello"), "a prompt is given with -p; a text of several words");
  assertStringIncludes(messageOf("--json", "--", "-p"), 'there is "-p"');
});

Deno.test("every flag of generate is accepted with a value that its help page suggests", () => {
  const { seed, stop, temperature } = parseFlags("generate", GENERATE_FLAGS, [
    ..."--seed 9007199254740991 --stop a --stop b --temperature 0.8 --top-k 40".split(" "),
    ..."--top-p 0.9 --min-p 0.05 --repetition-penalty 1.1 --kv f32 -n 3 --chat".split(" "),
  ]);
  assertEquals({ seed, stop, temperature }, {
    seed: Number.MAX_SAFE_INTEGER,
    stop: ["a", "b"],
    temperature: 0.8,
  });
});
