/**
 * The chat with a model that repeats what it hears, for tests in a pseudo-terminal. `slow` makes it
 * talk without end, `pid` makes it tell its process id, `long` takes it forever to read. With the instruction
 * `compile` it has kernels to compile first.
 */

import { runChat } from "../../../src/cli/chat/chat.ts";
import { CHAT_FLAGS } from "../../../src/cli/chat/flags.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { ignoreSuspensionInTasks } from "../../../src/cli/terminal/suspension.ts";
import { fakeModel } from "../../engine/fake_model.ts";

function answerTo(prompt: string): string {
  const message = prompt.slice(prompt.lastIndexOf("user:") + 5, prompt.lastIndexOf("\nassistant:"));
  if (message === "pid") return `pid=${Deno.pid};`;
  return message === "slow" ? "tick ".repeat(5000) : `heard ${JSON.stringify(message)}.`;
}

const flags = parseFlags("chat", CHAT_FLAGS, Deno.args);
const model = fakeModel({
  answer: answerTo,
  contextLength: 100_000,
  batchSize: 5,
  delay: 5,
  kernels: flags.system === "compile" ? 60 : 0,
  promptMoments: (prompt) => prompt.endsWith("user:long\nassistant:") ? 100_000 : 0,
});
ignoreSuspensionInTasks();
Deno.exit(
  await runChat(
    flags,
    () =>
      Promise.resolve({
        ...model,
        device: "a test",
        isSoftware: false,
        path: "/fake",
        [Symbol.dispose]() {},
      }),
  ),
);
