/**
 * The product in blocks of columns, written out for one tile: every sum and every octet under way is a variable
 * of its own, so that nothing but the shape decides how fast it is. Whichever the tile, a row has the bits
 * that `matmul_blocks` gives it.
 */
import { LANES, PARTS, type Tile } from "./tile.ts";

const HEAD = `
struct Sizes { octets: u32, part: u32, rows: u32, columns: u32, }
// Blocks of 32 columns: [columns / 32, octets, 32].
@group(0) @binding(0) var<storage, read> weights: array<vec4u>;
// [rows, 2 · octets].
@group(0) @binding(1) var<storage, read> input: array<vec4f>;
// [rows, columns].
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;
`;

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const each = (count: number, line: (i: number) => string) => upTo(count).map(line).join("\n");
const forEach = (count: number, other: number, line: (i: number, j: number) => string) =>
  each(count, (i) => each(other, (j) => line(i, j)));

/** The WGSL of a tile. */
export function tileKernel(tile: Tile): string {
  return HEAD + (tile.groups ? wholeKernel(tile) : partsKernel(tile));
}

/** Where a lane's columns begin in the weights, its sums, and its first octets under way. */
function beginColumns({ columns, rows, octets }: Tile, columnOf: (c: number) => string): string {
  return [
    each(columns, (c) => `let column_${c} = ${columnOf(c)};`),
    each(
      columns,
      (c) => `let at_${c} = (column_${c} / 32u) * sizes.octets * 32u + column_${c} % 32u;`,
    ),
    forEach(
      columns,
      octets,
      (c, d) => `var next_${c}_${d} = weights[at_${c} + (begin + ${d}u) * 32u];`,
    ),
    forEach(columns, rows, (c, r) => `var sum_${c}_${r} = 0.0;`),
  ].join("\n");
}

/** Multiplies the octets under way and requests those from `next` on. */
function addOctets(
  { columns, rows, octets }: Tile,
  inputAt: (quad: number, row: number) => string,
) {
  const halves = [
    "unpack2x16float(w.x), unpack2x16float(w.y)",
    "unpack2x16float(w.z), unpack2x16float(w.w)",
  ];
  const quad = (d: number, half: number) =>
    [
      each(columns, (c) =>
        `let four_${c}_${d}_${half} = vec4f(${
          halves[half].replaceAll("w.", `octet_${c}_${d}.`)
        });`),
      each(rows, (r) =>
        [
          `let x_${d}_${half}_${r} = ${inputAt(2 * d + half, r)};`,
          ...["x", "y", "z", "w"].map((k) =>
            each(columns, (c) =>
              `sum_${c}_${r} = fma(x_${d}_${half}_${r}.${k}, four_${c}_${d}_${half}.${k}, sum_${c}_${r});`)
          ),
        ].join("\n")),
    ].join("\n");
  return each(octets, (d) =>
    [
      each(columns, (c) =>
        `let octet_${c}_${d} = next_${c}_${d};
         next_${c}_${d} = weights[at_${c} + (next + ${d}u) * 32u];`),
      quad(d, 0),
      quad(d, 1),
    ].join("\n"));
}

/** How `lanes` lanes bring quads of `rowCount` rows to workgroup memory, a row lane's rows together. */
function staging({ rows, octets }: Tile, { lanes, lane, rowCount, slot }: {
  lanes: number;
  lane: string;
  rowCount: number;
  /** Index of the first row lane's quads. */
  slot: (turn: string) => string;
}) {
  const quads = 2 * octets;
  const count = rowCount * quads;
  const loads = Math.ceil(count / lanes);
  const isWhole = (i: number) => lanes * (i + 1) <= count;
  const row = (i: number) => `min((${lane} + ${lanes * i}u) / ${quads}u, ${rowCount - 1}u)`;
  const quad = (i: number) => `(${lane} + ${lanes * i}u) % ${quads}u`;
  return {
    memory: (turns: number, parts: number) =>
      `struct Quads { all: array<vec4f, ${rows * quads + 1}> }
       var<workgroup> staged: array<Quads, ${turns * parts * rowCount / rows}>;`,
    begin: each(
      loads,
      (i) =>
        `let from_${i} = (first_row + ${row(i)}) * 2u * sizes.octets + ${quad(i)};
       var load_${i} = input[from_${i} + 2u * begin];`,
    ),
    load: each(loads, (i) => `load_${i} = input[from_${i} + 2u * next];`),
    keep: (turn: string) =>
      each(loads, (i) => {
        const place = `staged[${slot(turn)} + ${row(i)} / ${rows}u]` +
          `.all[(${row(i)} % ${rows}u) * ${quads}u + ${quad(i)}]`;
        const keep = `${place} = load_${i};`;
        return isWhole(i) ? keep : `if (${lane} + ${lanes * i}u < ${count}u) { ${keep} }`;
      }),
    at: (index: string) => (quad: number, row: number) =>
      `staged[${index}].all[${row * quads + quad}]`,
  };
}

/** Eight groups of lanes, each with a part of the sums of the same tile. */
function partsKernel(tile: Tile): string {
  const { columns, rows, rowLanes, octets, input } = tile;
  const columnLanes = LANES / rowLanes;
  const slot = (turn: string) => `${turn} * ${PARTS * rowLanes}u + part * ${rowLanes}u`;
  const stage = staging(tile, { lanes: LANES, lane: "lane", rowCount: rows * rowLanes, slot });
  const isDirect = input === "direct";
  const begin = isDirect
    ? each(
      rows,
      (r) => `let row_${r} = (first_row + row_lane * ${rows}u + ${r}u) * 2u * sizes.octets;`,
    )
    : stage.begin + (input === "double" ? `\nvar turn = 0u;\n${stage.keep("turn")}` : "");
  const before = isDirect
    ? ""
    : input === "double"
    ? `${stage.load}\nworkgroupBarrier();\nlet here = ${slot("turn")} + row_lane;`
    : `workgroupBarrier();\n${stage.keep("0u")}\nworkgroupBarrier();\n${stage.load}
       let here = ${slot("0u")} + row_lane;`;
  const inputAt = isDirect
    ? (quad: number, r: number) => `input[row_${r} + 2u * octet + ${quad}u]`
    : stage.at("here");
  return `
${isDirect ? "" : stage.memory(input === "double" ? 2 : 1, PARTS)}
var<workgroup> sums: array<f32, ${PARTS * rows * LANES}>;

@compute @workgroup_size(${LANES * PARTS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % ${LANES}u;
  let part = local / ${LANES}u;
  let row_lane = lane / ${columnLanes}u;
  let first_row = group.x * ${rows * rowLanes}u;
  let begin = part * sizes.part;
  let last = begin + sizes.part - ${octets}u;
  ${
    beginColumns(tile, (c) =>
      `group.y * ${columnLanes * columns}u + ${c * columnLanes}u + lane % ${columnLanes}u`)
  }
  ${begin}
  for (var chunk = 0u; chunk < sizes.part; chunk += ${octets}u) {
    let octet = begin + chunk;
    let next = min(octet + ${octets}u, last);
    ${before}
    ${addOctets(tile, inputAt)}
    ${input === "double" ? `turn = 1u - turn;\n${stage.keep("turn")}` : ""}
  }
  ${
    each(columns, (c) => `
  workgroupBarrier();
  ${each(rows, (r) => `sums[(part * ${rows}u + ${r}u) * ${LANES}u + lane] = sum_${c}_${r};`)}
  workgroupBarrier();
  for (var i = local; i < ${LANES * rows}u; i += ${LANES * PARTS}u) {
    var sum = 0.0;
    for (var p = 0u; p < ${PARTS}u; p++) { sum += sums[p * ${LANES * rows}u + i]; }
    let owner = i % ${LANES}u;
    let row = first_row + (owner / ${columnLanes}u) * ${rows}u + i / ${LANES}u;
    let column = group.y * ${columnLanes * columns}u + ${
      c * columnLanes
    }u + owner % ${columnLanes}u;
    if (row < sizes.rows) { output[row * sizes.columns + column] = sum; }
  }`)
  }
}`;
}

/** Groups of lanes with other rows and columns, each of which adds all parts. */
function wholeKernel(tile: Tile): string {
  const { columns, rows, rowLanes, octets } = tile;
  const { down, across } = tile.groups!;
  const columnLanes = LANES / rowLanes;
  const allRowLanes = rowLanes * down;
  const lanes = LANES * down * across;
  const slot = (turn: string) => `${turn} * ${allRowLanes}u`;
  const stage = staging(tile, { lanes, lane: "local", rowCount: rows * allRowLanes, slot });
  return `
${stage.memory(2, 1)}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % ${LANES}u;
  let lanes = local / ${LANES}u;
  let row_lane = (lanes / ${across}u) * ${rowLanes}u + lane / ${columnLanes}u;
  let first_row = group.x * ${rows * allRowLanes}u;
  let begin = 0u;
  let last = sizes.octets - ${octets}u;
  ${
    beginColumns(tile, (c) =>
      `group.y * ${columnLanes * columns * across}u + (lanes % ${across}u) * ${
        columnLanes * columns
      }u + ${c * columnLanes}u + lane % ${columnLanes}u`)
  }
  ${forEach(columns, rows, (c, r) => `var total_${c}_${r} = 0.0;`)}
  ${stage.begin}
  var turn = 0u;
  ${stage.keep("turn")}
  var octet = 0u;
  for (var part = 0u; part < ${PARTS}u; part++) {
    for (var chunk = 0u; chunk < sizes.part; chunk += ${octets}u) {
      let next = min(octet + ${octets}u, last);
      ${stage.load}
      workgroupBarrier();
      let here = ${slot("turn")} + row_lane;
      ${addOctets(tile, stage.at("here"))}
      turn = 1u - turn;
      octet += ${octets}u;
      ${stage.keep("turn")}
    }
    ${forEach(columns, rows, (c, r) => `total_${c}_${r} += sum_${c}_${r};\nsum_${c}_${r} = 0.0;`)}
  }
  ${
    each(rows, (r) => `
  let row_${r} = first_row + row_lane * ${rows}u + ${r}u;
  if (row_${r} < sizes.rows) {
    ${each(columns, (c) => `output[row_${r} * sizes.columns + column_${c}] = total_${c}_${r};`)}
  }`)
  }
}`;
}
