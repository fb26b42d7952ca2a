/** Running a template from a stranger within bounds of size and time. */

import { Budget, type TemplateLimits } from "../jinja/budget.ts";
import { Scope } from "../jinja/evaluator.ts";
import { globalsFor } from "../jinja/functions/globals.ts";
import { Interpreter } from "../jinja/interpreter.ts";
import type { Statement } from "../jinja/syntax/nodes.ts";
import { parseTemplate } from "../jinja/syntax/parser.ts";
import { fromData } from "../jinja/values/values.ts";

export { LimitError, type TemplateLimits } from "../jinja/budget.ts";

/** Far above any conversation that fits a context, and far below what a process survives. */
export const TEMPLATE_LIMITS: TemplateLimits = {
  size: 4 * 2 ** 20,
  total: 512 * 2 ** 20,
  time: 5000,
};

/**
 * A Jinja template that is held to limits, and that renders as Python's Jinja does with the settings
 * that the transformers library uses: blocks take their line break and the blanks before them along,
 * lists and mappings cannot be changed, and `tojson`, `strftime_now`, `raise_exception`,
 * `{% generation %}`, `{% break %}` and `{% continue %}` are there.
 *
 * Clock and sizes are looked at between evaluations, so a single filter goes on until it is done.
 * Nothing in a template reaches files, network or program.
 */
export class BoundedTemplate {
  readonly #statements: readonly Statement[];

  /** Parses the source. Throws an Error when it is not a template. */
  constructor(source: string) {
    this.#statements = parseTemplate(source);
  }

  /**
   * Renders the template with the variables: plain data, of which whole numbers become integers.
   *
   * @throws {Error} when the template fails, raises an exception or exceeds a limit.
   */
  render(
    variables: Readonly<Record<string, unknown>>,
    limits: TemplateLimits = TEMPLATE_LIMITS,
  ): string {
    const budget = new Budget(limits);
    const globals = new Scope(null);
    for (const [name, value] of globalsFor(budget)) globals.set(name, value);
    const scope = new Scope(globals);
    for (const [name, value] of Object.entries(variables)) {
      if (value !== undefined) scope.set(name, fromData(value));
    }
    return new Interpreter(budget).render(this.#statements, scope);
  }
}
