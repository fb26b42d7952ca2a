/** Errors about models by name, each with one complete line that says what to do next. */

/** The model cannot be had: there is none, it is not given, or the hub is out of reach (exit code 66). */
export class HubError extends Error {
  override name = "HubError";
}

/** The hub is out of reach, or in trouble for longer than is waited. */
export class HubOutOfReachError extends HubError {
  override name = "HubOutOfReachError";
}

/** What the hub sent is not what it had announced (exit code 65). */
export class HubDataError extends Error {
  override name = "HubDataError";
}

/** The cache cannot be written, for lack of room or permission (exit code 74). */
export class CacheError extends Error {
  override name = "CacheError";
}

/**
 * The CacheError for what the file system said about a path.
 */
export function cacheError(path: string, error: unknown): CacheError {
  const reason = error instanceof Error ? error.message.split(/ \(os error \d+\)|: /)[0] : error;
  const isFull = /no space|quota|not enough space|disk full/i.test(String(reason));
  const next = isFull
    ? "free some room and run the same command: it goes on where it stopped"
    : "HF_HUB_CACHE names another folder for models";
  return new CacheError(`${path} cannot be written: ${reason}; ${next}`);
}
