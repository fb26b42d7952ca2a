/** Dates as C's `strftime` writes them in the locale C. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAY = 86_400_000;

/** Every code that has a meaning of its own. */
const CODES: Readonly<Record<string, (date: Date) => string | number>> = {
  "%": () => "%",
  n: () => "\n",
  t: () => "\t",
  Y: (date) => date.getFullYear(),
  C: (date) => two(Math.floor(date.getFullYear() / 100)),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  d: (date) => two(date.getDate()),
  e: (date) => spaced(date.getDate()),
  H: (date) => two(date.getHours()),
  I: (date) => two(hourOf12(date)),
  k: (date) => spaced(date.getHours()),
  l: (date) => spaced(hourOf12(date)),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  f: (date) => String(date.getMilliseconds() * 1000).padStart(6, "0"),
  p: (date) => date.getHours() < 12 ? "AM" : "PM",
  P: (date) => date.getHours() < 12 ? "am" : "pm",
  A: (date) => DAYS[date.getDay()],
  a: (date) => DAYS[date.getDay()].slice(0, 3),
  B: (date) => MONTHS[date.getMonth()],
  b: (date) => MONTHS[date.getMonth()].slice(0, 3),
  h: (date) => MONTHS[date.getMonth()].slice(0, 3),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, "0"),
  w: (date) => date.getDay(),
  u: (date) => date.getDay() || 7,
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7)),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - (date.getDay() + 6) % 7) / 7)),
  V: (date) => two(isoWeek(date).week),
  G: (date) => isoWeek(date).year,
  g: (date) => two(isoWeek(date).year % 100),
  s: (date) => Math.floor(date.getTime() / 1000),
  // A date without a zone, as Python's datetime.now() is, has neither.
  z: () => "",
  Z: () => "",
};

/** Codes that stand for several. */
const COMPOUND: Readonly<Record<string, string>> = {
  c: "%a %b %e %H:%M:%S %Y",
  D: "%m/%d/%y",
  F: "%Y-%m-%d",
  R: "%H:%M",
  r: "%I:%M:%S %p",
  T: "%H:%M:%S",
  v: "%e-%b-%Y",
  X: "%H:%M:%S",
  x: "%m/%d/%y",
};

/** The local date and time in a format; codes that have no meaning stay as they are. */
export function formatDate(format: string, date: Date): string {
  return format.replace(/%([-_0^#]?)([A-Za-z%])/g, (whole, flag: string, code: string) => {
    if (Object.hasOwn(COMPOUND, code)) {
      const text = formatDate(COMPOUND[code], date);
      return flag === "^" ? text.toUpperCase() : text;
    }
    if (!Object.hasOwn(CODES, code)) return whole;
    const text = String(CODES[code](date));
    // Halves of the day: one is small whatever the flag, the other changes its case.
    if (code === "P") return text;
    return code === "p" && flag === "#" ? text.toLowerCase() : flagged(text, flag);
  });
}

/** What stands between `%` and the letter changes filling and case. */
function flagged(text: string, flag: string): string {
  if (flag === "-") return text.replace(/^[0 ]+(?=\d)/, "");
  if (flag === "_") return text.replace(/^0+(?=\d)/, (zeros) => " ".repeat(zeros.length));
  if (flag === "0") return text.replace(/^ /, "0");
  return flag === "" ? text : text.toUpperCase();
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

function spaced(number: number): string {
  return String(number).padStart(2, " ");
}

function hourOf12(date: Date): number {
  return date.getHours() % 12 || 12;
}

/** Days since the first of January; free of daylight saving time. */
function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day - Date.UTC(date.getFullYear(), 0, 1)) / DAY);
}

/** Week and year by ISO 8601: a week belongs to the year of its Thursday. */
function isoWeek(date: Date): { week: number; year: number } {
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate());
  thursday.setDate(thursday.getDate() + 4 - (date.getDay() || 7));
  return { week: Math.floor(dayOfYear(thursday) / 7) + 1, year: thursday.getFullYear() };
}
