/** What `tune` does with the tiles that it has found. */
import { assertEquals, assertMatch } from "@std/assert";
import { useFound } from "../../../src/cli/tune/device_tiles.ts";
import { findTiles } from "../../../src/engine/device_tiles.ts";
import { tilesOf } from "../../../src/ops/products/block_tiles.ts";
import { useTiles } from "../../../src/ops/profiles.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

/** The cells of a line of a table. */
const cellsOf = (line: string) => line.trim().split(/ {2,}/);

const TILE_TEXTS = [
  "1 row, 1 column of a lane, staged, up to 16 octets of a column under way",
  "8 rows, 4 columns of a lane, direct, 4 octets of a column under way",
  "8 rows, 2 columns of a lane, staged, up to 8 octets of a column under way",
  "16 rows, 4 columns of a lane, direct, 4 octets of a column under way",
];

withGpu("tiles that were found are told, used and kept", async (gpu) => {
  const { tiles } = tilesOf(gpu)!;
  const chosen = { rows: 8, rowLanes: 4, input: "direct", ahead: 1 } as const;
  const found = { tiles: tiles.map((tile) => tile.rows === 8 ? chosen : tile) };
  const trials = [
    {
      ...{ rows: 1, isPrompt: false, table: tiles[0], chosen: tiles[0] },
      seconds: { table: 0.001, chosen: 0.001 },
    },
    { rows: 8, isPrompt: false, table: tiles[3], chosen, seconds: { table: 0.003, chosen: 0.002 } },
    {
      ...{ rows: 256, isPrompt: true, table: tiles[4], chosen: tiles[4] },
      seconds: { table: 0.04, chosen: 0.04 },
    },
  ];
  const before = Deno.env.get("XDG_STATE_HOME")!;
  const state = await Deno.makeTempDir();
  const output = new RecordedOutput();
  try {
    Deno.env.set("XDG_STATE_HOME", state);
    await useFound(gpu, { tiles: found, trials }, output);
    assertEquals(tilesOf(gpu), found);
    const kept = await findTiles(gpu);
    assertEquals([kept?.tiles, kept?.milliseconds], [found.tiles, { tuned: 43, plain: 44 }]);
    assertEquals(output.text.split("\n").slice(2, -2).map(cellsOf), [
      ["passes of", "tile", "time"],
      ["1 row", TILE_TEXTS[0], "1.00 ms"],
      [
        ...["8 rows", TILE_TEXTS[1], "2.00 ms"],
        `1.50 × as fast as ${TILE_TEXTS[2]}`,
      ],
      ["prompts", TILE_TEXTS[3], "40.00 ms"],
    ]);
    assertMatch(output.lines.at(-1)!, /tiles are kept in .*tiles\.json/);
    await Deno.remove(`${state}/foretoken`, { recursive: true });
    await Deno.writeTextFile(`${state}/foretoken`, "");
    await useFound(gpu, { tiles: found, trials }, output);
    assertMatch(output.lines.at(-1)!, /these tiles are used by this run alone: .*/);
  } finally {
    Deno.env.set("XDG_STATE_HOME", before);
    useTiles(gpu, null);
  }
}, { profile: "gpu" });
