import { lineFor } from "../../lab/fork.ts";
import { changeWords } from "../../lab/fork-words.ts";
import { UserError } from "../../trace/platform.ts";
import type { Answered, Desk, Said } from "../console/desk.ts";
import { atEnd } from "../time/moves.ts";

/** What can be done with a fork that there is. */
const deeds: Readonly<Record<string, (desk: Desk, rest: string) => Answered | Promise<Answered>>> = {
  open: ({ forks }, rest) => {
    const { number } = forks.at(rest);
    return { result: `fork ${forks.nameOf(number)}`, opens: () => forks.open(number) };
  },
  save: ({ forks }, rest) => {
    const [, written = "", file = ""] = /^(\d+\b)?\s*(.*)$/s.exec(rest) ?? [];
    if (file === "")
      throw new UserError("fork save takes the file to write, as fork save 1 without-it.tlstrace");
    const { number } = forks.at(written);
    const { path, note } = forks.save(number, file);
    return { result: `fork ${forks.nameOf(number)} is in ${path}${note}` };
  },
};

/** `fork WHAT`: makes a fork where the debugger stands, or does something with one that there is. */
export function fork(desk: Desk, rest: string): Answered | Promise<Answered> {
  const [, first = "", behind = ""] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  if (first === "") return help();
  const deed = Object.hasOwn(deeds, first) ? deeds[first] : undefined;
  return deed ? deed(desk, behind) : make(desk, rest);
}

function make({ runner, forks, connection }: Desk, rest: string): Answered {
  const { timeline, stop } = runner;
  const { event, stage } = stop.position;
  const isDone = stage === atEnd(timeline, event).stage;
  const number = forks.make(lineFor({ trace: timeline.trace, event, isDone, connection }, rest));
  return {
    result: `fork ${forks.nameOf(number)}: ${forks.lines[number - 1]}`,
    opens: () => forks.open(number),
  };
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
  return { result: rows.length === 1 ? "1 fork" : `${rows.length} forks`, rows };
}

/** What can stand behind `fork`, and behind each of these words. */
export const forkWords: readonly string[] = [...changeWords.map(({ word }) => word), ...Object.keys(deeds)];
export const offeredBehind = (word: string): readonly string[] =>
  changeWords.find((each) => each.word === word)?.offers ?? [];
