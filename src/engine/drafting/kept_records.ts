/** Records of devices in a file beside a model, or in the program's folder in the user's home. */

import { dirname } from "@std/path";
import {
  DeviceRecords,
  type Measurement,
  type RecordKind,
} from "../../format/settings/device_records.ts";
import { OutputFailedError } from "../errors.ts";
import { reasonOf } from "../reason.ts";
import { stateFile } from "../state_folder.ts";

/** The two places where records may be, for one model or file of maps. */
export class KeptRecords<Settings> {
  readonly #path: string;
  readonly #records: DeviceRecords<Settings>;

  /**
   * @param path of the file beside the model.
   * @param fingerprint of what the records are about.
   */
  constructor(kind: RecordKind<Settings>, path: string, fingerprint: string) {
    const own = stateFile("tunings", `${fingerprint.slice(0, 16)}.json`);
    this.#path = path;
    const places = own === null ? [path] : [path, own];
    this.#records = new DeviceRecords(kind, { fingerprint, places });
  }

  /**
   * The record of a device, or null.
   *
   * @throws DataError if a file of records is malformed.
   */
  async find(device: string): Promise<Settings & Measurement | null> {
    return await this.#records.find(device);
  }

  /**
   * Keeps the record of a device and returns the file's path.
   *
   * @throws OutputFailedError if neither place can be written.
   */
  async keep(device: string, record: Settings & Measurement): Promise<string> {
    try {
      return await this.#records.keep(device, record);
    } catch (error) {
      throw new OutputFailedError(
        `what was found can be kept neither in ${dirname(this.#path)} nor in your own folder: ` +
          reasonOf(error),
      );
    }
  }
}
