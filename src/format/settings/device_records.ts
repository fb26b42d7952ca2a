/** Small JSON files that keep a record for every device by its name, such as what was fastest there. */

import { ensureDir } from "@std/fs";
import { dirname } from "@std/path";
import { DataError, NoInputError } from "../errors.ts";
import { isPermitted, writeWhole } from "../files.ts";
import { Fields, type JsonObject, readOwnJsonIfThere } from "../json.ts";

const SIZE_LIMIT = 2 ** 20;
const HOUR_IN_MILLISECONDS = 3_600_000;

/** When the settings of a record were found, and how fast they were. */
export interface Measurement {
  /** Milliseconds when it was measured, of a token or of passes: with these settings, and without. */
  milliseconds: { tuned: number; plain: number };
  /** Day of the measurement, YYYY-MM-DD. */
  date: string;
}

/** What kind of record a file keeps. */
export interface RecordKind<Settings> {
  /** Value of the file's key `format`. */
  readonly format: string;
  /** The command that makes such files. */
  readonly madeBy: string;
  /** The settings of one device; throws a DataError that names the field that is wrong. */
  readonly readSettings: (fields: Fields) => Settings;
  /** The same settings as they stand in the file. */
  readonly writeSettings: (settings: Settings) => JsonObject;
}

/**
 * The records of one model or of one file of maps. They stand in the first of several places that has
 * any, and are written to the first that can be written.
 */
export class DeviceRecords<Settings> {
  readonly #kind: RecordKind<Settings>;
  readonly #fingerprint: string;
  /** Paths of files, at least one. */
  readonly places: readonly string[];

  /**
   * @param fingerprint of what the records are about: those about anything else do not count.
   */
  constructor(
    kind: RecordKind<Settings>,
    { fingerprint, places }: { fingerprint: string; places: readonly string[] },
  ) {
    this.#kind = kind;
    this.#fingerprint = fingerprint;
    this.places = places;
  }

  /**
   * The record of a device, or null. Records make a model faster and no more: a place that the user may
   * not read has none.
   *
   * @throws DataError if a file is malformed.
   */
  async find(device: string): Promise<Settings & Measurement | null> {
    for (const place of this.places) {
      if (!await isPermitted("read", place)) continue;
      const record = (await this.#read(place).catch(noneIfUnreadable))?.get(device);
      if (record !== undefined) return record;
    }
    return null;
  }

  /**
   * Keeps the record of a device beside those of others, and returns the file's path. A file that is
   * malformed or about something else is replaced.
   *
   * @throws Deno.errors of the file system if no place can be written.
   */
  async keep(device: string, record: Settings & Measurement): Promise<string> {
    let refusal: unknown;
    for (const place of this.places) {
      try {
        await this.#add(place, device, record);
        return place;
      } catch (error) {
        refusal = error;
      }
    }
    throw refusal;
  }

  async #add(place: string, device: string, record: Settings & Measurement): Promise<void> {
    const records = await this.#read(place).catch((error) => {
      if (error instanceof DataError) return new Map<string, Settings & Measurement>();
      throw error;
    });
    const { format, writeSettings } = this.#kind;
    const devices = Object.fromEntries(
      [...records.set(device, record)].map(([name, { milliseconds, date, ...settings }]) => [
        name,
        { ...writeSettings(settings as Settings), milliseconds, date },
      ]),
    );
    const content = { format, fingerprint: this.#fingerprint, devices };
    await ensureDir(dirname(place));
    await writeWhole(place, JSON.stringify(content, null, 2) + "\n");
  }

  /** Records by device; none where there is no file, or one about something else. */
  async #read(place: string): Promise<Map<string, Settings & Measurement>> {
    const { format, madeBy, readSettings } = this.#kind;
    const next = `make a new one with ${madeBy}`;
    const json = await readOwnJsonIfThere(place, `a file made by ${madeBy}`, SIZE_LIMIT)
      .catch((error) => {
        if (!(error instanceof DataError)) throw error;
        throw new DataError(`${error.message}; ${next}`, { cause: error });
      });
    if (json === null) return new Map();
    const fields = new Fields(json, place, "", next);
    if (fields.value("format") !== format) throw fields.fault("format", JSON.stringify(format));
    if (fields.text("fingerprint") !== this.#fingerprint) return new Map();
    const devices = fields.object("devices")?.objects() ?? [];
    return new Map(
      devices.map(([name, device]) => [name, { ...readSettings(device), ...measurement(device) }]),
    );
  }
}

function noneIfUnreadable(error: unknown): null {
  if (error instanceof NoInputError) return null;
  throw error;
}

function measurement(fields: Fields): Measurement {
  const times = fields.object("milliseconds");
  if (times === null) throw fields.fault("milliseconds", "an object with tuned and plain");
  const [tuned, plain] = ["tuned", "plain"].map((key) =>
    times.number(key, { min: 0, max: HOUR_IN_MILLISECONDS })
  );
  return { milliseconds: { tuned, plain }, date: fields.text("date") ?? "" };
}
