import { chatWith } from "../../../src/cli/chat/chat.ts";
import { CHAT_FLAGS } from "../../../src/cli/chat/flags.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { fakeModel, type FakeOptions } from "../../engine/fake_model.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";
import { scriptedMessages } from "./scripted_messages.ts";

/** Flags, who talks, and the fake model. */
export interface ChatOptions extends Partial<FakeOptions> {
  flags?: string[];
  isInteractive?: boolean;
}

/** A whole chat of these messages with a model that answers with the number of the request unless told otherwise. */
export async function chat(messages: string[], options: ChatOptions = {}) {
  const { flags = [], isInteractive, ...fake } = options;
  let answers = 0;
  const model = fakeModel({ answer: () => `answer ${++answers}`, batchSize: 99, ...fake });
  const output = new RecordedOutput();
  const source = scriptedMessages(messages, isInteractive);
  const exitCode = await chatWith(model, parseFlags("chat", CHAT_FLAGS, flags), source, output);
  return { exitCode, model, output, prompts: model.decoder.prompts, said: output.lines.join("\n") };
}
