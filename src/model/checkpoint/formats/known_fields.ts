import type { Fields } from "../../../format/json.ts";

/**
 * Refuses settings that would change what is computed, unless they have a value with which they do not;
 * absence and null change nothing.
 * @throws DataError that names the first of them.
 */
export function requireFields(
  fields: Fields,
  neutral: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [key, values] of Object.entries(neutral)) {
    const value = fields.value(key);
    if (value === undefined) continue;
    if (values.some((neutral) => JSON.stringify(neutral) === JSON.stringify(value))) continue;
    const expected = values.map((value) => JSON.stringify(value)).join(" or ") || "nothing";
    throw fields.fault(key, expected, "get the model without it");
  }
}
