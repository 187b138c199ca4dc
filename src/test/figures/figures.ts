import path from "node:path";
import { circlesIn, floorsOf } from "./graph.ts";
import type { Source } from "./source.ts";

/** Limits that the tree keeps. */
export const limits = {
  /** A function with so many parameters has too many to be read at its call. */
  parameters: 5,
  /** Share of such functions, in percent: of all, and of core. */
  share: 2,
  coreShare: 5,
  functionLines: 70,
  fileLines: 400,
  /** Lines of core without its tables. */
  mechanismLines: 4261,
} as const;

/** What of core is looked up and not read through: profiles, bugs, effects, events, counters, generations; files or whole folders. */
const namedTables = [
  "core/profiles/",
  "core/bugs/",
  "core/words/effect-table.ts",
  "core/words/effect-words.ts",
  "core/words/effect.ts",
  "core/words/event.ts",
  "core/machine/count.ts",
  "core/machine/counters.ts",
  "core/machine/generation.ts",
] as const;

/** And what is looked up like these: the stages, what a profile can say, the right half of the bugs' table. */
const furtherTables = [
  "core/words/stage.ts",
  "core/machine/profile.ts",
  "core/machine/rules.ts",
  "core/kernel/rules.ts",
  "core/driver/rules.ts",
  "core/nic/rules.ts",
  "core/rules.ts",
] as const;
export const tables = [...namedTables, ...furtherTables];

/** Functions with many parameters, of how many. */
export interface Share {
  count: number;
  of: number;
}

/** A folder with the sources that stand in it, not below it. */
export interface Folder {
  folder: string;
  files: number;
  lines: number;
  share: Share;
}

/** What is counted of a tree of sources. */
export interface Figures {
  files: number;
  lines: number;
  share: Share;
  coreShare: Share;
  /** `FILE:LINE has N parameters`. */
  manyParameters: readonly string[];
  longestFunction: string;
  longFunctions: readonly string[];
  longestFile: string;
  longFiles: readonly string[];
  coreLines: number;
  /** Lines of core without `tables`, and without the named ones alone. */
  mechanismLines: number;
  unnamedLines: number;
  /** Entries of `tables` that name nothing. */
  missingTables: readonly string[];
  folders: readonly Folder[];
  /** Folders at the top, and floors of these and of all folders. */
  rooms: number;
  roomFloors: number;
  folderFloors: number;
  circles: readonly (readonly string[])[];
}

const folderOf = (file: string): string => path.posix.dirname(file);
const roomOf = (file: string): string => file.split("/")[0]!;
const isNoneOf =
  (names: readonly string[]) =>
  ({ file }: Source): boolean =>
    !names.some((name) => file.startsWith(name));
const isCore = ({ file }: Source): boolean => roomOf(file) === "core";

export function figuresOf(sources: readonly Source[]): Figures {
  const imports = new Map(sources.map((source) => [source.file, source.imports]));
  const floors = (room: (file: string) => string) => 1 + Math.max(0, ...floorsOf(imports, room).values());
  const core = sources.filter(isCore);
  const folders = [...new Set(sources.map(({ file }) => folderOf(file)))].sort();
  return {
    files: sources.length,
    lines: linesOf(sources),
    share: shareOf(sources),
    coreShare: shareOf(core),
    ...extremesOf(sources),
    coreLines: linesOf(core),
    mechanismLines: linesOf(core.filter(isNoneOf(tables))),
    unnamedLines: linesOf(core.filter(isNoneOf(namedTables))),
    missingTables: tables.filter((name) => !core.some(({ file }) => file.startsWith(name))),
    folders: folders.map((folder) => folderFigures(folder, sources)),
    rooms: new Set(sources.map(({ file }) => roomOf(file))).size,
    roomFloors: floors(roomOf),
    folderFloors: floors(folderOf),
    circles: circlesIn(imports),
  };
}

const linesOf = (sources: readonly Source[]): number => sources.reduce((sum, { lines }) => sum + lines, 0);

function shareOf(sources: readonly Source[]): Share {
  const functions = sources.flatMap((source) => source.functions);
  const many = functions.filter(({ parameters }) => parameters >= limits.parameters);
  return { count: many.length, of: functions.length };
}

/** The longest, and what is beyond a limit. */
function extremesOf(sources: readonly Source[]) {
  const functions = sources
    .flatMap(({ file, functions }) => functions.map((one) => ({ ...one, at: `${file}:${one.line}` })))
    .sort((a, b) => b.lines - a.lines);
  const files = [...sources].sort((a, b) => b.lines - a.lines);
  const said = functions.map(({ at, lines }) => `${at} has ${lines} lines`);
  const saidOfFiles = files.map(({ file, lines }) => `${file} has ${lines} lines`);
  return {
    manyParameters: functions
      .filter(({ parameters }) => parameters >= limits.parameters)
      .map(({ at, parameters }) => `${at} has ${parameters} parameters`)
      .sort(),
    longestFunction: said[0] ?? "none",
    longFunctions: said.filter((_, i) => functions[i]!.lines > limits.functionLines),
    longestFile: saidOfFiles[0] ?? "none",
    longFiles: saidOfFiles.filter((_, i) => files[i]!.lines > limits.fileLines),
  };
}

function folderFigures(folder: string, sources: readonly Source[]): Folder {
  const inside = sources.filter(({ file }) => folderOf(file) === folder);
  return { folder, files: inside.length, lines: linesOf(inside), share: shareOf(inside) };
}

export const percentOf = ({ count, of }: Share): number => (of === 0 ? 0 : (100 * count) / of);

/** What is beyond the limits, a sentence each. */
export function breaks(figures: Figures): string[] {
  const said = [...figures.longFunctions, ...figures.longFiles];
  const shares = [
    { of: "all functions", share: figures.share, limit: limits.share },
    { of: "core's functions", share: figures.coreShare, limit: limits.coreShare },
  ];
  for (const { of, share, limit } of shares)
    if (percentOf(share) >= limit)
      said.push(`${percentOf(share).toFixed(1)} % of ${of} have ${limits.parameters} or more parameters`);
  if (figures.mechanismLines > limits.mechanismLines)
    said.push(`core has ${figures.mechanismLines} lines without its tables`);
  return [...said, ...figures.missingTables.map((name) => `${name} is no table of core`)];
}
