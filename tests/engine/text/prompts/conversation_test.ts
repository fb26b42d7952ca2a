import { assert, assertEquals, assertThrows } from "@std/assert";
import { Conversation } from "../../../../src/engine/text/prompts/conversation.ts";
import { LongConversationError } from "../../../../src/format/chat/chat_template.ts";
import type { ChatMessage } from "../../../../src/format/chat/messages.ts";
import { DataError } from "../../../../src/format/errors.ts";
import type { TextTemplate } from "../../../../src/engine/text/generate_text.ts";
import { byteTokenizer, fakeModel, type FakeOptions, lineTemplate } from "../../fake_model.ts";

const MAX_TOKENS = 1000;

/** A conversation with a fake model, whose prompts are given as text. */
function conversation(options: Partial<FakeOptions> = {}) {
  const model = fakeModel({ answer: () => "", contextLength: 400, ...options });
  const talk = new Conversation();
  const textOf = (ids: number[]) => model.tokenizer.streamDecoder().push(ids);
  return {
    talk,
    /** Asks, and answers unless that is interrupted before it begins. */
    ask(message: string, answer?: string) {
      const { ids, turn, droppedTurns } = talk.ask(message, model, MAX_TOKENS);
      if (answer === undefined) talk.interrupt(turn);
      else turn.answer = answer;
      return { prompt: textOf(ids), droppedTurns };
    },
    askAgain: () => textOf(talk.askAgain(model, MAX_TOKENS).ids),
  };
}

Deno.test("a message whose answer was interrupted before it began stays, and the next is added", () => {
  const { ask, talk } = conversation();
  ask("one", "1");
  ask("two");
  assertEquals(ask("three").prompt, "user:one\nassistant:1\nuser:two\n\nthree\nassistant:");
  assertEquals(
    ask("four", "4").prompt,
    "user:one\nassistant:1\nuser:two\n\nthree\n\nfour\nassistant:",
  );
  assertEquals(talk.turns.length, 2);
  assertEquals(ask("five", "5").prompt.split("user:").at(-1), "five\nassistant:");
});

Deno.test("sending an interrupted message again, or /retry, asks the same", () => {
  const { ask, askAgain } = conversation();
  const { prompt } = ask("one");
  assertEquals(ask("one").prompt, prompt);
  assertEquals(askAgain(), prompt);
});

Deno.test("an open message is saved, and waits for its answer again where it is restored", () => {
  const { ask, talk } = conversation();
  ask("one", "1");
  assertEquals([talk.saved, talk.isOpen], [talk.messages, false]);
  ask("two");
  assertEquals(talk.saved, [...talk.messages, { role: "user", content: "two" }]);
  const again = conversation();
  again.talk.restore(talk.saved);
  assertEquals([again.talk.isOpen, again.talk.messages.length], [true, 2]);
  assertEquals(again.askAgain(), "user:one\nassistant:1\nuser:two\nassistant:");
  const alone = conversation();
  alone.ask("one");
  assertEquals(alone.talk.sharedWith([1, 2], fakeModel({ answer: () => "" })), 0);
});

Deno.test("what was thought for an answer that did not begin is not saved as that answer", () => {
  const { ask, talk } = conversation();
  ask("one", "1");
  ask("two");
  talk.turns[1].thinking = "Hm";
  assertEquals(talk.isOpen, true);
  assertEquals(talk.saved, [...talk.messages, { role: "user", content: "two" }]);
  const again = conversation();
  again.talk.restore(talk.saved);
  assertEquals(again.talk.isOpen, true);
  assertEquals(again.ask("three").prompt, ask("three").prompt);
});

Deno.test("an answer that was interrupted later stays as far as it came", () => {
  const { ask, talk } = conversation();
  ask("one", "half an ans");
  talk.interrupt(talk.turns[0]);
  assertEquals(ask("two").prompt, "user:one\nassistant:half an ans\nuser:two\nassistant:");
});

Deno.test("a message that makes an open one too long is forgotten, the open one is not", () => {
  const { ask } = conversation({ contextLength: 40 });
  ask("one");
  assertThrows(() => ask("x".repeat(40)), DataError, "shorten the prompt");
  assertEquals(ask("two").prompt, "user:one\n\ntwo\nassistant:");
});

Deno.test("a saved conversation goes on with the turns that the cache holds", () => {
  const { ask, talk } = conversation();
  talk.system = "be brief";
  for (const message of ["one", "two", "three"]) ask(message, "1");
  const messages = talk.messages;
  const known = (text: string) => byteTokenizer.encode(text);
  const begunAs = (text: string) => {
    const again = conversation();
    again.talk.restore(messages);
    again.talk.beginAs(known(text), fakeModel({ answer: () => "" }));
    return again.ask("four").prompt.match(/(?<=user:)\w+/g);
  };
  assertEquals(begunAs("system:be brief\nuser:one\nassistant:"), ["one", "two", "three", "four"]);
  assertEquals(begunAs("system:be brief\nuser:two\nassistant:1"), ["two", "three", "four"]);
  assertEquals(begunAs("system:be brief\nuser:tw"), ["one", "two", "three", "four"]);
  assertEquals(begunAs("user:something else"), ["one", "two", "three", "four"]);
  assertEquals(begunAs(""), ["one", "two", "three", "four"]);
});

Deno.test("where nothing is cached, no turn is encoded to find where the cache begins", () => {
  const { ask, talk } = conversation();
  ask("one", "1");
  talk.firstVisible = 1;
  let rendered = 0;
  const template = { ...lineTemplate, render: () => `${++rendered}` };
  talk.beginAs([], fakeModel({ answer: () => "", template }));
  assertEquals([rendered, talk.firstVisible], [0, 0]);
});

Deno.test("a message that was taken back is no part of what the cache shares with it", () => {
  const { ask, talk } = conversation();
  const model = fakeModel({ answer: () => "" });
  ask("one", "1");
  const { prompt } = ask("secret", "2");
  const known = byteTokenizer.encode(`${prompt}2`);
  assertEquals(talk.sharedWith(known, model), known.length);
  talk.takeBack(talk.turns[1]);
  assertEquals(talk.sharedWith(known, model), "user:one\nassistant:1\n".length);
  talk.reset();
  ask("two", "3");
  assertEquals(talk.sharedWith(known, model), "user:".length);
});

Deno.test("in a long conversation most prompts go on with what the cache holds", () => {
  const { ask, talk } = conversation({ contextLength: 2000 });
  talk.system = "be brief";
  let [before, moved] = ["", 0];
  for (let turn = 0; turn < 100; turn++) {
    const word = "w".repeat(10 + 17 * turn % 60);
    const answer = "a".repeat(10 + 23 * turn % 60);
    const { prompt, droppedTurns } = ask(word, answer);
    assert(prompt.startsWith("system:be brief\n"), "the instruction left");
    if (droppedTurns > 0) {
      moved++;
      assert(prompt.length <= 1000, `${prompt.length} tokens are left of a full context`);
    } else assert(prompt.startsWith(before), "the prompt does not go on with the one before");
    before = prompt + answer;
  }
  // A turn takes a hundred tokens; half of the context is filled again by some ten.
  assert(moved > 5 && moved <= 20, `the context moved ${moved} times in 100 turns`);
});

Deno.test("of a restored conversation that no template can write, the oldest turns leave", () => {
  /** Writes no more than 1,000 characters. */
  const template: TextTemplate = {
    ...lineTemplate,
    render(messages, options) {
      const text = lineTemplate.render(messages, options);
      if (text.length > 1000) throw new LongConversationError("it is too long");
      return text;
    },
  };
  const turns = 100;
  const messages = Array.from({ length: turns }, (_, turn): ChatMessage[] => [
    { role: "user", content: `question ${turn}` },
    { role: "assistant", content: `answer ${turn}` },
  ]).flat();
  const { talk, ask } = conversation({ template });
  talk.restore(messages);
  const { prompt, droppedTurns } = ask("and then?", "the end");
  assert(prompt.length > 100 && prompt.length <= 200, `${prompt.length} of 400 tokens are left`);
  assert(prompt.endsWith("assistant:answer 99\nuser:and then?\nassistant:"), prompt);
  assertEquals(droppedTurns, turns - prompt.match(/question/g)!.length);
  assertEquals(talk.messages.length, 2 * turns + 2); // All are there for saving.
  assertEquals(ask("and later?").droppedTurns, 0);

  const endless = "long ".repeat(300);
  assertThrows(() => ask(endless), LongConversationError, "it is too long");
  const model = fakeModel({ answer: () => "", template });
  talk.restore([{ role: "user", content: endless }, ...messages.slice(1)]);
  talk.beginAs([1, 2, 3], model);
  assertEquals([talk.firstVisible, talk.sharedWith([1, 2, 3], model)], [0, 0]);
});
