// npm run figures [-- FOLDER] [-- --list]: how the sources of this tree, or of another checkout, stand to their limits;
// with --list each function with many parameters. Tests are left out.
import { parseArgs } from "node:util";
import { breaks, type Figures, figuresOf, limits, percentOf, type Share } from "./figures/figures.ts";
import { isProduct, readSources } from "./figures/source.ts";

const { values: flags, positionals } = parseArgs({
  options: { list: { type: "boolean", default: false } },
  allowPositionals: true,
});

const shareText = (share: Share): string =>
  `${share.count} of ${share.of} = ${percentOf(share).toFixed(1)} %`;

const rowsOf = (figures: Figures): [string, string, string][] => [
  ["files, lines", `${figures.files}, ${figures.lines}`, ""],
  [
    `functions with ${limits.parameters} or more parameters`,
    shareText(figures.share),
    `under ${limits.share} %`,
  ],
  ["the same in core", shareText(figures.coreShare), `under ${limits.coreShare} %`],
  [`functions over ${limits.functionLines} lines`, `${figures.longFunctions.length}`, "none"],
  ["longest function", figures.longestFunction, `at most ${limits.functionLines}`],
  [`files over ${limits.fileLines} lines`, `${figures.longFiles.length}`, "none"],
  ["longest file", figures.longestFile, `at most ${limits.fileLines}`],
  ["lines of core without its tables", `${figures.mechanismLines}`, `at most ${limits.mechanismLines}`],
  ["the same, with stages and rules", `${figures.unnamedLines}`, ""],
  ["lines of core with all tables", `${figures.coreLines}`, ""],
  ["rooms at the top, floors", `${figures.rooms}, ${figures.roomFloors}`, ""],
  ["folders, floors", `${figures.folders.length}, ${figures.folderFloors}`, ""],
  ["circles of imports", `${figures.circles.length}`, "none"],
];

/** Rows as lines, each column as wide as its widest cell. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const figures = figuresOf(readSources(positionals[0] ?? ".").filter(isProduct));
const folders = figures.folders.map(({ folder, files, lines, share }) => [
  folder,
  `${files}`,
  `${lines}`,
  shareText(share),
]);
const parts = [
  tableOf([["", "here", "limit"], ...rowsOf(figures)]),
  tableOf([["folder", "files", "lines", `${limits.parameters} or more parameters`], ...folders]),
  ...(flags.list ? [figures.manyParameters.join("\n")] : []),
  ...figures.circles.map((circle) => `circle: ${circle.join(" -> ")}`),
  ["beyond the limits:", ...breaks(figures)].join("\n  "),
];
console.log(parts.join("\n\n"));
