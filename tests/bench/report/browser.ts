/** A headless browser, where one is installed. */

/** What a page looks like in a browser. */
export interface PageView {
  /** Width of the window in CSS pixels. */
  width: number;
  /** Width that the page needs; more than the window's if it has to be scrolled sideways. */
  contentWidth: number;
  background: string;
  color: string;
  /** For each figure, the sizes of the plots that can be seen. */
  figures: { width: number; height: number; color: string }[][];
  /** What the page or the browser said on the console. */
  console: string[];
}

/** How a page is looked at. */
export interface ViewOptions {
  width: number;
  isDark: boolean;
}

/** Tells the page around what can be seen. */
const LOOK = `<script>
addEventListener("load", () => {
  const style = getComputedStyle(document.body);
  const figures = [...document.querySelectorAll("figure")].map((figure) =>
    [...figure.querySelectorAll("svg")].map((svg) => {
      const { width, height } = svg.getBoundingClientRect();
      return { width, height, color: getComputedStyle(svg).color };
    }).filter(({ width }) => width > 0)
  );
  const view = {
    width: innerWidth,
    contentWidth: document.documentElement.scrollWidth,
    background: style.backgroundColor,
    color: style.color,
    figures,
  };
  parent.postMessage(view, "*");
});
</script>`;

/** A window of any width, which a browser's own is not, that writes down where `--dump-dom` finds it. */
function windowOf(width: number): string {
  return `<!doctype html>
<body>
<script>
addEventListener("message", ({ data }) => {
  document.body.textContent = "VIEW" + JSON.stringify(data) + "WEIV";
});
</script>
<iframe src="page.html" style="width:${width}px;height:900px;border:0"></iframe>
</body>`;
}

/** The command of a browser, or null with a line that nobody can miss where there is none. */
export async function findBrowser(): Promise<string | null> {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const script = names.map((name) => `command -v ${name}`).join(" || ");
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script], stderr: "null" })
    .output();
  const path = new TextDecoder().decode(stdout).trim();
  if (path !== "") return path;
  console.error(
    `\nforetoken: NO BROWSER, pages were not looked at; Debian's is: apt-get install chromium\n`,
  );
  return null;
}

/** Opens a page from disk and looks at it. */
export async function viewPage(
  browser: string,
  page: string,
  { width, isDark }: ViewOptions,
): Promise<PageView> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/page.html`, page.replace("</body>", `${LOOK}</body>`));
  await Deno.writeTextFile(`${folder}/window.html`, windowOf(width));
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-logging=stderr",
    `--user-data-dir=${folder}/profile`,
    `--blink-settings=preferredColorScheme=${isDark ? 0 : 1}`,
    `--window-size=${width + 100},1000`,
    "--virtual-time-budget=2000",
    "--dump-dom",
  ];
  const command = `HOME=${folder} exec '${browser}' ${
    flags.join(" ")
  } 'file://${folder}/window.html'`;
  const { stdout, stderr } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  const [dom, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  const view = /VIEW(\{.*\})WEIV/.exec(dom)?.[1];
  if (view === undefined) throw new Error(`${browser} showed nothing: ${log.slice(-2000)}`);
  return { ...JSON.parse(view), console: log.split("\n").filter((line) => /CONSOLE/.test(line)) };
}
