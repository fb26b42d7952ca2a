/** The flag that says whether anything is told beside answers. */

import { toggle } from "../flags/flags.ts";

/** What is told of the work and of its answers. */
export const REPORT_FLAGS = {
  quiet: toggle({
    short: "q",
    help:
      "show no progress, say neither why an answer ended nor what it cost, and decode nothing again " +
      "to tell what drafts gained; warnings and errors are told, and the seed that generate draws",
  }),
};
