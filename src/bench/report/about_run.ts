/** What a report says about the run that it comes from. */
export interface AboutRun {
  /** Name of the model's folder. */
  model: string;
  device: string;
  /** Whether the device is a driver that computes on the CPU. */
  isSoftware: boolean;
  /** Processor threads of the machine. */
  threads: number;
  /** Version of the runtime. */
  deno: string;
  /** When it was measured, ISO 8601. */
  date: string;
  commandLine: string;
  /** Where the prompts come from, and how many there are. */
  prompts: string;
}

/** The run as names and values, for people. */
export function aboutRows(about: AboutRun): [name: string, value: string][] {
  return [
    ["model", about.model],
    ["device", `${about.device}${about.isSoftware ? ", a software device" : ""}`],
    ["machine", `${about.threads} processor threads`],
    ["prompts", about.prompts],
    ["Deno", about.deno],
    ["date", about.date],
    ["command", about.commandLine],
  ];
}

/** The same as lines of text. */
export function aboutText(about: AboutRun): string {
  return aboutRows(about).map(([name, value]) => `${name.padEnd(8)} ${value}\n`).join("");
}
