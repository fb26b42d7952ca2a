/** How models are named on the hub. */

/** A model's name, and which state of it is meant. */
export interface ModelName {
  /** `ORG/NAME`. */
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/** The revision that is meant where none is said. */
export const DEFAULT_REVISION = "main";

/** No dots or dashes in a row: `..` leads up, and `--` parts the words of a folder in the cache. */
const WORD = /^(?!.*(?:\.\.|--))[A-Za-z0-9_][\w.-]{0,95}$/;

/** A commit in full; what it names never changes. */
const COMMIT = /^[0-9a-f]{40}$/;

/** Reads `ORG/NAME` or `ORG/NAME@REVISION`; null for anything else. */
export function parseModelName(text: string): ModelName | null {
  const [, id, revision = DEFAULT_REVISION] = text.match(/^([^@]*)(?:@(.*))?$/s) ?? [];
  const words = (id ?? "").split("/");
  const isName = words.length === 2 && words.every((word) => WORD.test(word));
  return isName && isRevision(revision) ? { id, revision } : null;
}

/** Whether it can be the name of a branch or tag, such as `main` or `refs/pr/7`, or a commit. */
export function isRevision(text: string): boolean {
  return text.length <= 200 &&
    text.split("/").every((word) => /^(?!.*\.\.)[A-Za-z0-9_][\w.+-]*$/.test(word));
}

/** Whether it is a commit in full. */
export function isCommit(text: string): boolean {
  return COMMIT.test(text);
}
