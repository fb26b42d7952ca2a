/** Prompts to measure with, written for this project: twenty of each kind of text of the demo model. */

import {
  encodePrompt,
  type PromptModel,
  promptOfMessage,
} from "../../engine/text/prompts/prompt_encoding.ts";
import type { ChatMessage } from "../../format/chat/messages.ts";

/** A prompt with its kind. A message goes into the chat template, or stands as it is without one. */
export type BenchPrompt =
  & { category: string }
  & ({ text: string } | { message: string } | { messages: ChatMessage[] });

const TALES = [
  "Once upon a time a miller had a donkey that could count to seven",
  "The lighthouse keeper's daughter woke before the sun and",
  "In a valley between two mountains there stood a house without a door.",
  '"You must not open the blue box," said the old aunt,',
  "When the snow had melted, the three brothers set out to",
  "The smallest of the mice was braver than all the others, for",
  "Far away, where the river bends toward the sea, a tailor",
  "The prince had never seen a garden, and so",
  "Every evening the clock in the tower struck thirteen, and",
  '"What a curious bird!" cried Martha, and she',
];

const STORIES = [
  "The sailor found a bottle with a map inside.",
  "A wolf knocked at the door of the baker.",
  '"I shall never be a queen," said the goose girl.',
  "The children lost their way in the fog and heard a bell.",
  "At the edge of the wood lived a clockmaker and his cat.",
  "The giant was afraid of only one thing.",
  "Grandmother took the silver key from her pocket.",
  "The horse stopped in front of the bridge and would not go on.",
  '"Tell me the truth," said the captain to the boy.',
  "It rained for nine days, and on the tenth the well was full of gold.",
];

const DIALOGUES = [
  "I would like to book a table for four in Berkeley.",
  "Can you find me a cheap hotel in London?",
  "I need a flight from Chicago to Atlanta on the 5th of March.",
  "Please help me to rent a car in San Diego.",
  "I want to watch a comedy this evening.",
  "Are there any concerts in New York next weekend?",
  "I'm looking for a dentist in San Rafael.",
  "Could you reserve a room for two nights in Sydney?",
  "I want to send 40 dollars to my sister.",
  "Find me a house with three beds to rent.",
  "What should I see in Vancouver? I like museums.",
  "I need a haircut. Do you know a salon in Palo Alto?",
  "Play me something by Katy Perry, please.",
  "When does the next bus to Sacramento leave?",
  "I'd like to find a vegetarian restaurant that is not expensive.",
  "Tell me the weather in Fresno on Sunday.",
  "Put a meeting into my calendar for tomorrow at 3 pm.",
  "I want to get tickets for a basketball game.",
  "Is there an apartment in Oakland that takes pets?",
  "How much money is in my savings account?",
];

const PROBLEMS = [
  "Nora has 14 pencils. She gives 3 pencils to each of her 2 brothers. How many pencils are left?",
  "A farmer sells 9 baskets of apples at $7 each and spends $20 on seeds. How much money is left?",
  "Ben reads 15 pages a day. How many pages does he read in 3 weeks?",
  "A bus has 48 seats. If three quarters of the seats are taken, how many are free?",
  "Lena is twice as old as Max, who is 9. How old will Lena be in 5 years?",
  "There are 6 boxes with 12 eggs each. 8 eggs are broken. How many eggs are whole?",
  "Carl walks 2 miles to work and back on 5 days a week. How many miles does he walk in 4 weeks?",
  "A shirt costs $30 and is sold for 20% less. What is the price of 2 shirts?",
  "Mia saves $8 every week. After how many weeks does she have $96?",
  "A tank holds 200 liters. 25 liters leak out each hour. How much is left after 4 hours?",
  "Sam bakes 36 cookies and puts them into bags of 4. He sells each bag for $3. How much does he get?",
  "In a zoo there are 5 lions, twice as many monkeys, and 7 birds. How many animals are there?",
  "Rita runs 3 kilometers in 18 minutes. How long does she need for 10 kilometers?",
  "A class of 28 children is divided into 4 teams. Each team needs 3 balls. How many balls are needed?",
  "Paul has $50. He buys 3 books for $9 each and a pen for $4. How much money does he have left?",
  "A rope of 60 meters is cut into pieces of 5 meters. How many cuts are made?",
  "Eva plants 7 rows of 11 tulips. 9 tulips do not grow. How many tulips grow?",
  "A pizza has 8 slices. 5 friends eat 3 slices each. How many pizzas do they need?",
  "Jack earns $15 an hour and works 6 hours on Saturday and 4 hours on Sunday. How much does he earn?",
  "There are 90 trees in a park. A third are oaks and half of the rest are pines. How many are pines?",
];

/** All prompts, category by category. */
export const PROMPTS = [
  ...TALES.map((text) => ({ category: "tales", text })),
  ...STORIES.map((text) => ({ category: "tales", message: `Continue this story: ${text}` })),
  ...DIALOGUES.map((message) => ({ category: "dialogues", message })),
  ...PROBLEMS.map((message) => ({ category: "problems", message })),
] as const satisfies readonly BenchPrompt[];

/** Two of each category, for trying out trees. */
export const TUNING_PROMPTS: readonly BenchPrompt[] = PROMPTS.filter((_, i) => i % 10 === 0);

/**
 * Four others of each category, for statistics of acceptance: a tree that is made for the texts that it
 * is timed on would be flattered.
 */
export const STATISTICS_PROMPTS: readonly BenchPrompt[] = PROMPTS.filter((_, i) => i % 5 === 3);

/** Ids of a prompt. */
export function encodeBenchPrompt(model: PromptModel, prompt: BenchPrompt): number[] {
  const plain = "message" in prompt ? promptOfMessage(model, prompt.message) : prompt;
  return encodePrompt(model, plain).ids;
}
