import { comparingFork, type PartedEvent, type PartedRuns } from "../../judge/compare/parting.ts";
import { partedStage, partedSums, textsOf, wordParted } from "../../judge/compare/parting-words.ts";
import { changeWords } from "../../lab/fork-words.ts";
import type { Position } from "../../replay/timeline.ts";
import { UserError } from "../../trace/platform.ts";
import { counted } from "../../trace/visible.ts";
import type { Answered, Desk, Said } from "../console/desk.ts";
import type { MeantFork } from "./forks.ts";

/** What a long trace's progress says. */
const making = "making the fork";

/** What can be done with a fork that there is. */
const deeds: Readonly<Record<string, (desk: Desk, rest: string) => Answered | Promise<Answered>>> = {
  open: ({ forks }, rest) => {
    const number = forks.numberOf(rest);
    return { result: `fork ${forks.nameOf(number)}`, opens: () => forks.open(number) };
  },
  diff: compare,
  save: async ({ forks, look }, rest) => {
    const [, written = "", file = ""] = /^(\d+\b)?\s*(.*)$/s.exec(rest) ?? [];
    if (file === "")
      throw new UserError("fork save takes the file to write, as fork save 1 without-it.tlstrace");
    const meant = await look(forks.meant(written), making);
    const { path, note } = forks.save(meant, file);
    return { result: `${meant.name} is in ${path}${note}` };
  },
};

/** More differences than these nobody reads in a console. */
const rowsMax = 50;

/** Tells what is not the same in a fork and its parent, and goes to the first of it. */
async function compare({ forks, look, runner }: Desk, rest: string): Promise<Answered> {
  const meant = await look(forks.meant(rest), making);
  const runs = await look(comparingFork(meant));
  const { differences } = runs;
  const [first] = differences;
  if (!first) return { result: `${meant.name} comes to the same as its parent` };
  const rows: Said[] = partedSums(runs).map((text) => ({ text }));
  for (const each of differences.slice(0, rowsMax)) {
    const event = hereOf(meant, each);
    rows.push({ text: `event ${event + 1}, ${wordParted(runs, each)}`, event });
  }
  if (differences.length > rowsMax) rows.push({ text: `… and ${differences.length - rowsMax} more` });
  const count = counted(differences.length, "event");
  const description = `First difference of ${meant.name}`;
  const position = placeOfFirst(runs, meant, first);
  runner.arriveAt({ position, why: { reason: "goto", description } });
  return { result: `${meant.name} and its parent: ${count} not the same`, rows, moved: true };
}

/** The event of the debugged trace where a difference shows: one that it has not shows at the one behind. */
function hereOf({ isOurs, placeOf, parent, fork }: MeantFork, { event, was }: PartedEvent): number {
  const own = isOurs ? event : was;
  if (own >= 0) return own;
  if (!isOurs) {
    const behind = placeOf.findIndex((place) => place > event);
    return behind < 0 ? parent.events.count - 1 : behind;
  }
  for (let next = was + 1; next < placeOf.length; next++) if (placeOf[next]! >= 0) return placeOf[next]!;
  return fork.events.count - 1;
}

function placeOfFirst(runs: PartedRuns, meant: MeantFork, first: PartedEvent): Position {
  const event = hereOf(meant, first);
  const [own, other] = meant.isOurs ? [first.event, first.was] : [first.was, first.event];
  if (own < 0) return { event, stage: -1 };
  const [ours, theirs] = meant.isOurs ? [runs.fork, runs.parent] : [runs.parent, runs.fork];
  return { event, stage: partedStage(ours.timeline, event, textsOf(theirs.timeline, other)) };
}

/** `fork WHAT`: makes a fork where the debugger stands, or does something with one that there is. */
export function fork(desk: Desk, rest: string): Answered | Promise<Answered> {
  const [, first = "", behind = ""] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  if (first === "") return help();
  const deed = Object.hasOwn(deeds, first) ? deeds[first] : undefined;
  return deed ? deed(desk, behind) : make(desk, rest);
}

async function make({ runner, forks, connection, look }: Desk, rest: string): Promise<Answered> {
  const result = await look(forks.makeAt(runner.stop.position, connection, rest), making);
  return { result, opens: () => forks.openMade() };
}

function help(): Answered {
  const rows: Said[] = changeWords.map(({ word, takes, says }) => ({
    text: `fork ${[word, takes].filter((each) => each !== "").join(" ")}: ${says}`,
  }));
  return { result: "forks are listed by `forks`", rows };
}

/** The forks of the session, a row each. */
export function listForks({ forks }: Desk): Answered {
  const rows = forks.lines.map((line, i) => ({ text: `fork ${forks.nameOf(i + 1)}: ${line}` }));
  const count = rows.length === 0 ? "no forks" : counted(rows.length, "fork");
  return { result: count, rows };
}

/** What can stand behind `fork`, and behind each of these words. */
export const forkWords: readonly string[] = [...changeWords.map(({ word }) => word), ...Object.keys(deeds)];
export const offeredBehind = (word: string): readonly string[] =>
  changeWords.find((each) => each.word === word)?.offers ?? [];
