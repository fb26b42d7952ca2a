/** What Python's Jinja renders, template by template. */
import { assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { BoundedTemplate } from "../../../src/format/chat/bounded_template.ts";
import { formatDate } from "../../../src/format/jinja/values/strftime.ts";

interface Golden {
  given: Record<string, unknown>;
  /** Templates and what they give; those without a text raise an error. */
  cases: [template: string, text?: string][];
}

const golden: Golden = JSON.parse(
  await Deno.readTextFile(fromFileUrl(new URL("../../golden/templates.json", import.meta.url))),
);

/** The time at which the golden texts were made, in any zone. */
const NOW = new Date(2026, 2, 5, 14, 7, 9);

/** The date is the one thing that a template does not get from its variables. */
function atGoldenTime(template: string): string {
  return template.replace(
    /strftime_now\('([^']*)'\)/g,
    (_, format) => JSON.stringify(formatDate(format, NOW)),
  );
}

Deno.test("every feature of templates renders as in Python", () => {
  for (const [template, text] of golden.cases) {
    const render = () => new BoundedTemplate(atGoldenTime(template)).render(golden.given);
    if (text === undefined) assertThrows(render, Error, undefined, template);
    else assertEquals(render(), text, template);
  }
});
