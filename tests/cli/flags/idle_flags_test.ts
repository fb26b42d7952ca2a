import { assertEquals } from "@std/assert";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { idleFlagLines } from "../../../src/cli/flags/idle_flags.ts";
import { fakeModel } from "../../engine/fake_model.ts";

const PLAIN = { method: "autoregressive", depth: 0, isGreedy: true, hasMessages: false };

function linesOf(args: string, given: Partial<typeof PLAIN> = {}): string[] {
  const { method, depth, ...kinds } = { ...PLAIN, ...given };
  const flags = parseFlags("generate", GENERATE_FLAGS, args.split(" ").filter((arg) => arg !== ""));
  const model = fakeModel({ answer: () => "", contextLength: 64 });
  const drafting = { method, sources: [method], depth, nodes: depth + 1 };
  return idleFlagLines(flags, { ...model, drafting }, kinds);
}

Deno.test("flags without effect are told with the reason", () => {
  const greedy = "no effect at temperature 0, which takes the most probable token always";
  const plain = "no effect with autoregressive, which drafts nothing; see --method";
  const cases: [string, string[]][] = [
    ["--seed 0", [`--seed: ${greedy}`]],
    ["--top-k 5 --top-p 0.5 --min-p 0.1", [`--top-k, --top-p, --min-p: ${greedy}`]],
    ["--tree 8", [`--tree: ${plain}`]],
    ["--tree-file x", [`--tree-file: ${plain}`]],
    ["--maps x", ["--maps: no effect with autoregressive, which uses no maps"]],
    ["--phrases x", ["--phrases: no effect with autoregressive, which uses no phrases"]],
    ["--forget", ["--forget: no effect with autoregressive, which learns nothing"]],
    ["--context-length 65", ["--context-length: no effect beyond the 64 tokens of fake"]],
    ["--chat-template x", ["--chat-template: no effect without messages; see --chat"]],
    ["--think", ["--think: no effect without messages; see --chat"]],
  ];
  for (const [args, lines] of cases) assertEquals(linesOf(args), lines, args);
});

Deno.test("flags with an effect, and those that are not given, are passed over", () => {
  assertEquals(linesOf(""), []);
  assertEquals(linesOf("--repetition-penalty 1.2 --context-length 64 --tree 1"), []);
  assertEquals(linesOf("--top-k 0 --top-p 1 --min-p 0"), []);
  assertEquals(linesOf("--seed 3 --top-k 4 --top-p 0.5 --min-p 0.1", { isGreedy: false }), []);
  assertEquals(linesOf("--think --chat-template x", { hasMessages: true }), []);
  const drafts = { method: "hidden-transfer", depth: 3 };
  assertEquals(linesOf("--tree 8 --maps x", drafts), []);
  const combined = { method: "auto: combined", depth: 3 };
  assertEquals(linesOf("--maps x --phrases x --forget", combined), []);
  assertEquals(linesOf("--maps x", { method: "auto: prompt-lookup", depth: 3 }).length, 1);
});
