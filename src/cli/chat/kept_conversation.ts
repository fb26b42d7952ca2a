/** The last conversation with each model, kept in the program's folder for `chat --continue`. */

import { ensureDir } from "@std/fs";
import { basename, dirname } from "@std/path";
import type { OpenModel } from "../../engine/open_model.ts";
import { reasonOf } from "../../engine/reason.ts";
import { stateFile } from "../../engine/state_folder.ts";
import type { ChatMessage } from "../../format/chat/messages.ts";
import { sha256 } from "../../format/digest.ts";
import { DataError } from "../../format/errors.ts";
import { isPermitted, statIfThere } from "../../format/files.ts";
import { loadMessages, saveMessages } from "../input/conversation_file.ts";

/** A conversation's place on disk. */
export class KeptConversation {
  /** Path of its file. */
  readonly path: string;
  /** What was kept last, as text; null before anything was. */
  #kept: string | null = null;
  #hasFailed = false;

  /** @param path of its file; the folder may be missing. */
  constructor(path: string) {
    this.path = path;
  }

  /** The one with a model; null where the user has no home. */
  static async of(
    { name, path }: Pick<OpenModel, "name" | "path">,
  ): Promise<KeptConversation | null> {
    // A model of the hub is known by its name, whatever revision; folders may share theirs.
    const identity = new TextEncoder().encode(name.includes("/") ? name : path);
    const digest = (await sha256(identity)).slice(0, 16);
    const file = stateFile("conversations", `${basename(name)}-${digest}.json`);
    return file === null ? null : new KeptConversation(file);
  }

  /**
   * The messages; null if there are none.
   *
   * @throws DataError or NoInputError if the file is malformed or cannot be read.
   */
  async read(): Promise<ChatMessage[] | null> {
    if (!await isPermitted("read", this.path)) return null;
    if (await statIfThere(this.path, "a conversation") === null) return null;
    try {
      return await loadMessages(this.path);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const line = `${error.message}; mend it, or begin anew without --continue`;
      throw new DataError(line, { cause: error });
    }
  }

  /**
   * Keeps the messages in place of those before, whole or not at all. As long as nothing has been said
   * the conversation before stays; one that is forgotten later is removed.
   *
   * @param warn hears once that it could not be written.
   */
  async keep(messages: readonly ChatMessage[], warn: (line: string) => void): Promise<void> {
    const isEmpty = messages.every(({ role }) => role === "system");
    const text = JSON.stringify(messages);
    if (text === this.#kept || this.#hasFailed || (isEmpty && this.#kept === null)) return;
    try {
      if (isEmpty) await Deno.remove(this.path);
      else {
        await ensureDir(dirname(this.path));
        await saveMessages(this.path, messages);
      }
      this.#kept = isEmpty ? null : text;
    } catch (error) {
      this.#hasFailed = true;
      warn(`the conversation is not kept: ${reasonOf(error)}`);
    }
  }
}
