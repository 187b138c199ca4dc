import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parseTrace } from "../trace/language/parse.ts";
import { profileFinder } from "../trace/profiles/finder.ts";
import { bugsOf } from "../trace/variant.ts";
import { openNamed } from "./named-file.ts";

/** A sample, as its own text says it. */
export interface Sample {
  /** Its path below the folder of samples, with `/`. */
  name: string;
  /** What it shows: the first line, without what it cites. */
  title: string;
  /** Broken variants that its expect lines speak of. */
  bugs: string[];
}

/** The traces and scripts of a folder below the one of samples, sorted by their names; `below` = "" for itself. */
export const samplesIn = (folder: string, below: string): Sample[] =>
  readdirSync(path.join(folder, below))
    .filter((name) => /\.(tlstrace|pkt)$/.test(name))
    .sort()
    .map((file) => path.posix.join(below, file))
    .map((name) => {
      const text = readFileSync(path.join(folder, name), "utf8");
      return { name, title: titleOf(text), bugs: bugsNamed(path.join(folder, name)) };
    });

/** Samples that belong together. */
export interface SampleGroup {
  title: string;
  samples: Sample[];
}

/** Real captures, which have no first line. */
const captures: readonly Sample[] = [
  { name: "lossy.pcap", title: "A real capture with losses and its key log.", bugs: [] },
  { name: "upload.pcap", title: "A real capture of an upload and its key log.", bugs: [] },
];

/** All samples of the folder, in the order in which they are offered. */
export function sampleGroups(folder: string): SampleGroup[] {
  const all = samplesIn(folder, "");
  return [
    { title: "Mechanisms", samples: all.filter(({ bugs }) => bugs.length === 0) },
    { title: "Bugs", samples: all.filter(({ bugs }) => bugs.length > 0) },
    { title: "Captures and evidence", samples: [...captures, ...samplesIn(folder, "evidence")] },
    { title: "The kernel's own tests", samples: samplesIn(folder, "selftests") },
  ];
}

/** All of a folder of samples, for editors that cannot look into it. */
export interface SampleIndex {
  groups: SampleGroup[];
  /** Paths of all files below the folder, with `/`. */
  files: string[];
}

export const sampleIndex = (folder: string): SampleIndex => ({
  groups: sampleGroups(folder),
  files: readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => statSync(path.join(folder, file)).isFile())
    .sort(),
});

const titleOf = (text: string): string =>
  text
    .split("\n", 1)[0]!
    .replace(/^(?:#|\/\/) /, "")
    .replace(/ \(kernel\.md [^)]*\)\.$/, ".");

/** The bugs that a sample names, each without a kernel. */
function bugsNamed(file: string): string[] {
  if (!file.endsWith(".tlstrace")) return [];
  const text = readFileSync(file, "utf8");
  if (!/\bunder\b/.test(text)) return [];
  const beside = profileFinder((named) => openNamed(file, named, []));
  return bugsOf(parseTrace(file, text, beside));
}
