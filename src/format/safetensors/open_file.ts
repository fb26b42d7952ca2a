/** A safetensors file from which ranges are read. */

import { notReadable, openRegularFile, readFully, readFullyBeside } from "../files.ts";
import { readHeader, type SafetensorsHeader } from "./safetensors_header.ts";

/** What files of weights are for, unless something else is said. */
export const WEIGHTS = "the model's weights (model.safetensors, or shards with their index)";

/** Bytes from which on reading is worth a thread of its own: to reach it takes some 0.1 ms. */
const BESIDE_BYTES = 2 ** 18;

/** An open file with its header. */
export class OpenFile {
  readonly path: string;
  readonly header: SafetensorsHeader;
  readonly #file: Deno.FsFile;
  readonly #purpose: string;
  #isOpen = true;
  /** Resolves when nobody reads: the file has one position for all. */
  #idle: Promise<unknown> = Promise.resolve();

  private constructor(path: string, purpose: string, header: SafetensorsHeader, file: Deno.FsFile) {
    this.path = path;
    this.#purpose = purpose;
    this.header = header;
    this.#file = file;
  }

  /**
   * Opens a file and reads its header.
   *
   * @param purpose what the file is for; it ends the hint.
   * @param headerLimit bytes of the largest header that is read; the format's own if left out.
   * @throws {NoInputError} when it is not there, not a regular file or not readable.
   * @throws {DataError} when its header is malformed.
   */
  static async open(path: string, purpose = WEIGHTS, headerLimit?: number): Promise<OpenFile> {
    const { file, size } = await openRegularFile(path, purpose);
    try {
      return new OpenFile(path, purpose, readHeader(file, path, size, headerLimit), file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Fills `target` from `position` on, one reader after the other, and returns the number of bytes read,
   * which is smaller only where the file ends.
   */
  read(position: number, target: Uint8Array<ArrayBuffer>): Promise<number> {
    const reading = this.#idle.then(() => this.#readNext(position, target));
    this.#idle = reading.catch(() => {}); // Reported to this reader alone.
    return reading;
  }

  /** As `read`, at once; not while another is reading. */
  readNow(position: number, target: Uint8Array<ArrayBuffer>): number {
    try {
      this.#file.seekSync(position, Deno.SeekMode.Start);
      return readFully(this.#file, target);
    } catch (error) {
      throw this.#describe(error);
    }
  }

  async #readNext(position: number, target: Uint8Array<ArrayBuffer>): Promise<number> {
    if (target.length < BESIDE_BYTES) return this.readNow(position, target);
    try {
      this.#file.seekSync(position, Deno.SeekMode.Start);
      return await readFullyBeside(this.#file, target);
    } catch (error) {
      throw this.#describe(error);
    }
  }

  #describe(error: unknown): unknown {
    return this.#isOpen ? notReadable(error, this.path, this.#purpose) : error;
  }

  close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }
}
