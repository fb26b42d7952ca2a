/** Trouble that may pass: how long it is waited out, and what is said about it. */

import { HubError, HubOutOfReachError } from "./errors.ts";

/** How trouble is borne. */
export interface Patience {
  /** Says one line to the user. */
  say(line: string): void;
  /** Waits. */
  wait(milliseconds: number): Promise<void>;
  /** How long nothing may arrive, in milliseconds, before a connection counts as broken. */
  readonly stallMilliseconds: number;
}

/** How often something is tried before it is given up, unless it gets on between failures. */
const ATTEMPTS = 5;

/**
 * How often a host is called for the first time that is not to be found. Where nothing has been begun, few
 * are waiting for a network to come back, and more have none or no model of that name on this machine.
 */
export const FIRST_CALLS = 2;

/** Longest wait that a server is obeyed in, in seconds. */
const LONGEST_WAIT = 300;

/** Trouble that may pass; the message is a clause without a next step. */
export class Passing extends Error {
  override name = "Passing";
  /** Seconds to wait, where the server has said so. */
  readonly retryAfter: number | null;
  /** Whether there was no way to the server. */
  readonly isOutOfReach: boolean;

  constructor(message: string, { retryAfter = null, isOutOfReach = false }: {
    retryAfter?: number | null;
    isOutOfReach?: boolean;
  } = {}) {
    super(message);
    this.retryAfter = retryAfter;
    this.isOutOfReach = isOutOfReach;
  }

  /** What an HTTP status means, with the header `retry-after`. */
  static from(status: number, header: string | null, host: string): Passing {
    if (status === 416) return new Passing(`${host} does not go on where the file stopped`);
    const seconds = header === null
      ? NaN
      : /^\d+$/.test(header.trim())
      ? Number(header)
      : (Date.parse(header) - Date.now()) / 1000;
    const what = status === 429 ? "has had too many requests" : "is in trouble";
    const retryAfter = Number.isFinite(seconds) ? Math.max(0, seconds) : null;
    return new Passing(`${host} ${what} (${status})`, { retryAfter });
  }
}

/**
 * Does something, and again where it failed for a reason that may pass.
 *
 * @param options.position how far it has got: failures are counted from the last that had got no further.
 * @param options.calls how often it is tried where there is no way to the server.
 * @throws HubOutOfReachError when it has failed too often, and whatever else `attempt` throws.
 */
export async function persevere<Result>(
  attempt: () => Promise<Result>,
  { say, wait }: Patience,
  { position = () => 0, calls = ATTEMPTS }: { position?: () => number; calls?: number } = {},
): Promise<Result> {
  for (let failures = 0, reached = position();;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      if (position() > reached) failures = 0;
      reached = position();
      const seconds = error.retryAfter ?? 2 ** failures;
      failures++;
      const attempts = error.isOutOfReach ? calls : ATTEMPTS;
      if (failures >= attempts || seconds > LONGEST_WAIT) throw givenUp(error, seconds);
      say(`${error.message}; trying again in ${Math.ceil(seconds)} s`);
      await wait(seconds * 1000);
    }
  }
}

function givenUp({ message, retryAfter }: Passing, seconds: number): HubOutOfReachError {
  const when = retryAfter !== null && seconds > LONGEST_WAIT
    ? `in ${Math.ceil(seconds / 60)} minutes`
    : "later";
  return new HubOutOfReachError(
    `${message}; run the same command ${when}: what has arrived is kept, and models that are ` +
      "here (foretoken models) need no network",
  );
}

/** The pieces of an answer; one that does not come in time is trouble that may pass. */
export async function* stalling(
  response: Response,
  { stallMilliseconds }: Patience,
): AsyncGenerator<Uint8Array> {
  const host = URL.parse(response.url)?.host ?? "the server";
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      const late = Promise.withResolvers<never>();
      timer = setTimeout(
        () => late.reject(new Passing(`${host} has fallen silent`)),
        stallMilliseconds,
      );
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw error instanceof Passing ? error : explainFailure(error, host);
  } finally {
    clearTimeout(timer);
    // Also when the caller has had enough: the rest is not waited for.
    reader.cancel().catch(() => {});
  }
}

/** What a failed request means. */
export function explainFailure(error: unknown, host: string): Error {
  if (error instanceof DOMException) return new Passing(`${host} does not answer`);
  const text = String(error instanceof Error ? error.cause ?? error.message : error);
  if (/certificate|tls/i.test(text)) {
    return new HubError(`${host} does not prove who it is; check the clock and HF_ENDPOINT`);
  }
  const known: [RegExp, string][] = [
    [/dns error|failed to lookup/i, "its address is not known here"],
    [/refused/i, "connection refused"],
    [/unreachable/i, "the network is out of reach"],
  ];
  const reason = known.find(([pattern]) => pattern.test(text))?.[1];
  if (reason === undefined) return new Passing(`the connection to ${host} broke`);
  return new Passing(`${host} cannot be reached: ${reason}`, { isOutOfReach: true });
}
