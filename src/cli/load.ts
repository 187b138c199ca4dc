import { readFileSync } from "node:fs";
import type { Profile } from "../core/profile.ts";
import { profileById, profiles } from "../core/profiles/all.ts";
import { globPattern } from "../replay/stops.ts";
import { Timeline } from "../replay/timeline.ts";
import { type OpenOptions, openTrace } from "../trace/open.ts";
import { type Progress, UserError } from "../trace/platform.ts";
import { nodePlatform, openFile } from "./node-platform.ts";

/** What the command line says about how to read a file. */
export interface LoadFlags {
  keys?: string[];
  profile?: string;
  stream?: string[];
  tap?: string;
  offloadStart?: string;
}

/** Opens and runs a file as the flags say. Throws UserError for what the user has to mend. */
export async function load(fileName: string, flags: LoadFlags): Promise<Timeline> {
  const progress = terminalProgress();
  const trace = await openTrace(
    openFile(fileName),
    (flags.keys ?? []).map(readKeys),
    optionsOf(flags),
    nodePlatform,
    progress,
  );
  const timeline = new Timeline(trace);
  const slice = 1 << 18;
  while (timeline.run(slice) < timeline.eventCount) await progress.tick(0, 0, "replaying");
  progress.end();
  return timeline;
}

function readKeys(fileName: string): string {
  const file = openFile(fileName);
  if (file.size > 64 * 1024 * 1024) throw new UserError(`${fileName} is too large for a key log`);
  return readFileSync(fileName, "utf8");
}

function optionsOf(flags: LoadFlags): OpenOptions {
  return {
    profile: flags.profile === undefined ? null : profileNamed(flags.profile),
    streams: flags.stream ?? [],
    tap: oneOf("tap", flags.tap ?? "auto", ["auto", "host", "wire"] as const),
    offloadStart: oneOf("offload start", flags.offloadStart ?? "after-finished", [
      "after-finished",
      "after-ccs",
    ] as const),
  };
}

function oneOf<T extends string>(what: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (!found) throw new UserError(`no ${what} "${value}"; there are ${allowed.join(", ")}`);
  return found;
}

/** The NIC family of this id. Throws UserError listing those that there are. */
export function profileNamed(id: string): Profile {
  const profile = profileById(id);
  if (!profile)
    throw new UserError(`no profile "${id}"; there are ${profiles.map((one) => one.id).join(", ")}`);
  return profile;
}

/** Progress on stderr, only on a terminal and only for what takes over a second. */
function terminalProgress(): Progress & { end(): void } {
  const started = Date.now();
  let shown = false;
  return {
    async tick(done, total, what) {
      await new Promise(setImmediate);
      if (!process.stderr.isTTY || Date.now() - started < 1000) return;
      shown = true;
      const share = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : "";
      process.stderr.write(`\r\x1b[K${what}${share}`);
    },
    end() {
      if (shown) process.stderr.write("\r\x1b[K");
    },
  };
}

/** Streams of the trace that the globs select; all without globs. */
export const selected = (globs: readonly string[] | undefined, name: string): boolean =>
  !globs || globs.length === 0 || globs.some((glob) => globPattern(glob).test(name));
