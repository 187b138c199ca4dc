// adapter/console: the words of the debug console, and the places that one can go to.

import { followed, lastChange, nextChange } from "../../replay/changes.ts";
import { parseExpression } from "../../replay/language/parse.ts";
import { didYouMean } from "../../replay/language/spelling.ts";
import { type NumberStyle, show } from "../../replay/view/value.ts";
import { bytesIn } from "../../replay/view/why/numbers.ts";
import { storyOf } from "../../replay/view/why/story.ts";
import { storyHead, storyRows } from "../../replay/view/why/words.ts";
import { UserError } from "../../trace/platform.ts";
import { counted } from "../../trace/visible.ts";
import { fork, forkWords, listForks, offeredBehind } from "../forks/fork-words.ts";
import { placeText, positionText } from "../runner.ts";
import { checkpointAt, positionOf } from "../time/checkpoints.ts";
import { eventBack, type Move, next, outBack, stageBack, stepBack, stepIn, stepOut } from "../time/moves.ts";
import { type Answered, type Desk, needed, type Word } from "./desk.ts";
import { infoKinds } from "./info.ts";
import { debugAs, minimise } from "./lab-words.ts";
import { placeIn, placeKinds } from "./places.ts";
import { stopWords } from "./stop-words.ts";

const step = (word: string, says: string, move: Move, direction: 1 | -1, short?: string): Word => ({
  word,
  ...(short !== undefined && { short }),
  takes: "",
  says,
  run: ({ runner, connection }) => arrived(runner.step(move, connection, direction).description),
});

const arrived = (result: string): Answered => ({ result, moved: true });

const stepWords: readonly Word[] = [
  step("step", "To the next stage: what Step Into does.", stepIn, 1, "s"),
  step("over", "Behind the connection's next event: what Step Over does.", next, 1, "n"),
  step("out", "Behind the last stage of this event: what Step Out does.", stepOut, 1),
  {
    word: "back",
    short: "b",
    takes: "",
    says: "Undoes the last step; where none led here, an event back: what Step Back does.",
    run: ({ runner, connection }) => arrived(runner.stepBack(stepBack, connection).description),
  },
  step("rstep", "A stage back.", stageBack, -1, "rs"),
  step("rover", "Behind the connection's event before this one.", eventBack, -1, "rn"),
  step("rout", "Before the first stage of this event.", outBack, -1),
];

const running = (word: string, short: string, says: string, direction: 1 | -1): Word => ({
  word,
  short,
  takes: "",
  says,
  run: (desk) => ({ result: "running", begins: () => desk.run(direction) }),
});

const finding = (word: string, says: string, direction: 1 | -1): Word => ({
  word,
  takes: "EXPR",
  says,
  run: (desk, rest) => {
    parseExpression(needed(rest, word, "an expression, such as packet.length > 1448"));
    return { result: "looking", begins: () => desk.run(direction, rest) };
  },
});

const runWords: readonly Word[] = [
  running("continue", "c", "To the next stop.", 1),
  running("rc", "rcont", "To the stop before: what Reverse Continue does.", -1),
  finding("find", "To the next place where the expression holds, whatever breakpoints say.", 1),
  finding("rfind", "The same, backwards.", -1),
];

/** Goes to a stop that was made before. */
function visit({ runner, visits }: Desk, direction: 1 | -1): Answered {
  const position = visits.go(direction);
  if (!position) throw new UserError(`there is no ${direction === 1 ? "later" : "earlier"} stop`);
  const description = direction === 1 ? "Next stop again" : "Previous stop again";
  runner.arriveAt({ position, why: { reason: "goto", description } });
  return arrived(description);
}

const placeWords: readonly Word[] = [
  {
    word: "goto",
    short: "g",
    takes: "PLACE",
    says: `To a place: ${[...placeKinds].map(([kind, { example }]) => `${kind} ${example}`).join(", ")}, start, end, or a checkpoint's name.`,
    run: gotoPlace,
  },
  {
    word: "prev",
    takes: "",
    says: "To where the debugger stopped before, however it came here.",
    run: (desk) => visit(desk, -1),
  },
  {
    word: "fwd",
    takes: "",
    says: "The other way, after prev.",
    run: (desk) => visit(desk, 1),
  },
  {
    word: "checkpoint",
    takes: "[NAME]",
    says: "Gives this place a name; it is found again in other sessions, and in the file when it has changed.",
    run: keep,
  },
  {
    word: "forget",
    takes: "NAME",
    says: "Drops a checkpoint.",
    run: ({ checkpoints }, rest) => {
      const name = needed(rest, "forget", "a checkpoint's name");
      if (!checkpoints.delete(name))
        throw new UserError(`there is no checkpoint ${name}${didYouMean(name, checkpoints.keys())}`);
      return { result: `checkpoint ${name} is gone`, kept: true };
    },
  },
  {
    word: "checkpoints",
    takes: "",
    says: "Lists the checkpoints.",
    run: listCheckpoints,
  },
];

function gotoPlace(desk: Desk, rest: string): Answered {
  const { runner, checkpoints } = desk;
  const text = needed(rest, "goto", "a place, such as frame 58");
  const kept = checkpoints.get(text);
  if (kept) {
    const description = `Checkpoint ${text}`;
    runner.arriveAt({ position: positionOf(runner.timeline, kept), why: { reason: "goto", description } });
    return arrived(description);
  }
  const { event, note } = placeIn(
    { ...desk, judged: runner.judged, event: runner.stop.position.event },
    text,
  );
  runner.goto(event, `Go to ${text}`);
  return arrived(note === "" ? placeText(runner.timeline, runner.stop) : note);
}

function keep({ runner, checkpoints }: Desk, rest: string): Answered {
  const name = rest === "" ? freeName(checkpoints) : rest;
  if (placeKinds.has(name.split(/\s/)[0]!) || /^[\d+]|^(start|end)$/.test(name))
    throw new UserError(`"${name}" is read as a place by goto: give the checkpoint another name`);
  checkpoints.set(name, checkpointAt(runner.timeline, runner.stop.position, name));
  return { result: `checkpoint ${name}: ${placeText(runner.timeline, runner.stop)}`, kept: true };
}

function freeName(checkpoints: ReadonlyMap<string, unknown>): string {
  let number = checkpoints.size + 1;
  while (checkpoints.has(`c${number}`)) number++;
  return `c${number}`;
}

function listCheckpoints({ runner, checkpoints }: Desk): Answered {
  const rows = [...checkpoints.values()].map((each) => {
    try {
      const { event } = positionOf(runner.timeline, each);
      return { text: `${each.name}: event ${event + 1}${each.stage === "" ? "" : `, ${each.stage}`}`, event };
    } catch (error) {
      if (error instanceof UserError) return { text: error.message };
      throw error;
    }
  });
  return { result: counted(rows.length, "checkpoint"), rows };
}

/** Who changed a value, on one side of where the debugger stands. */
const changed = (word: string, says: string, direction: 1 | -1): Word => ({
  word,
  takes: "PATH",
  says,
  run: async (desk, rest) => {
    const expression = parseExpression(needed(rest, word, "a path, such as driver.expectedSeq"));
    const { runner, connection } = desk;
    const value = followed(expression, connection, runner.timeline);
    const find = direction === 1 ? nextChange : lastChange;
    const change = await desk.look(find(runner.judged, value, runner.stop.position));
    if (!change)
      return { result: `${rest} ${direction === 1 ? "stays as it is" : "is as it was at the start"}` };
    const { position, from, to } = change;
    const row = {
      text: `${rest}: ${show(from, desk.numbers.style)} → ${show(to, desk.numbers.style)}`,
      event: position.event,
    };
    return { result: positionText(runner.timeline, position), rows: [row] };
  },
});

const lookWords: readonly Word[] = [
  changed("last", "What changed a value last, up to here: old and new, and where.", -1),
  changed("next", "What changes a value next.", 1),
  {
    word: "info",
    takes: [...infoKinds.keys()].join("|"),
    says: "Lists what stands here.",
    run: (desk, rest) => {
      const info = infoKinds.get(rest);
      if (info) return info(desk);
      const kinds = [...infoKinds.keys()];
      throw new UserError(`info takes ${kinds.join(", ")}${didYouMean(rest, kinds)}`);
    },
  },
  {
    word: "where",
    takes: "",
    says: "Where the debugger stands.",
    run: ({ runner }) => ({ result: placeText(runner.timeline, runner.stop) }),
  },
  {
    word: "why",
    takes: "[STREAM] SEQ",
    says: "Where a byte of the stream comes from and where it went; of a range, as 4344:40087, its first one.",
    run: why,
  },
];

function why({ view }: Desk, rest: string): Answered {
  const place = bytesIn(view, needed(rest, "why", "a sequence number or a range"));
  if (!place) throw new UserError(`why takes a sequence number or a range, not "${rest}"`);
  const story = storyOf(view.timeline, place.connection, place.bytes.from);
  const rows = storyRows(view.timeline, story).map(({ name, text, event }) => ({
    text: `${name}: ${text}`,
    ...(event !== null && { event }),
  }));
  const taken = place.bytes.isAbsolute ? " (taken as a number of the wire)" : "";
  return { result: `${storyHead(view.timeline, story)}${taken}`, rows };
}

const whatIfWords: readonly Word[] = [
  {
    word: "fork",
    takes: "CHANGE",
    says: `What would be if something were otherwise here, in a session of its own: ${forkWords.join(", ")}.`,
    offers: (before) => (before === "" ? forkWords : offeredBehind(before)),
    run: fork,
  },
  { word: "forks", takes: "", says: "Lists the forks.", run: listForks },
  {
    word: "minimise",
    takes: "[WHAT] [to FILE]",
    says: "The smallest trace that still shows what the debugger stopped for, or what is named: an effect with `where` and a condition, wrong byte, leak, failed expectation LINE, finding.",
    offers: (before) => (before === "" ? ["wrong byte", "leak", "failed expectation", "finding"] : []),
    run: minimise,
  },
  {
    word: "debug-as",
    takes: "WHAT",
    says: "The same trace as another profile, bug or kernel, in a session of its own.",
    run: debugAs,
  },
];

/** How numbers are written, by the word that switches it. */
const numberWords: Readonly<Record<string, Partial<NumberStyle>>> = {
  relative: { absolute: false },
  absolute: { absolute: true },
  decimal: { hex: false },
  hex: { hex: true },
};

function restyle({ numbers }: Desk, rest: string): Answered {
  const known = Object.keys(numberWords);
  const written = rest.split(/\s+/).filter((each) => each !== "");
  const styles = written.map((word) => {
    if (!known.includes(word))
      throw new UserError(`numbers takes ${known.join(", ")}${didYouMean(word, known)}`);
    return numberWords[word]!;
  });
  numbers.style = Object.assign({ ...numbers.style }, ...styles);
  const { hex, absolute } = numbers.style;
  return {
    result: `sequence numbers are ${absolute ? "as on the wire" : "relative to the offload start"}, in ${hex ? "hexadecimal" : "decimal"}`,
    restyled: written.length > 0,
  };
}

/** Every word of the console, in the order of `help`. */
export const words: readonly Word[] = [
  ...stepWords,
  ...runWords,
  ...placeWords,
  ...lookWords,
  ...stopWords,
  ...whatIfWords,
  {
    word: "numbers",
    takes: "[STYLE]",
    says: "How values are written: relative or absolute (sequence numbers from the offload start on, or as on the wire), decimal or hex.",
    offers: () => Object.keys(numberWords),
    run: restyle,
  },
  {
    word: "help",
    short: "?",
    takes: "[WORD]",
    says: "What can be typed here.",
    run: (_, rest) => help(rest),
  },
];

const usage = ({ word, short, takes, says }: Word): string =>
  `${[word, takes].filter((each) => each !== "").join(" ")}${short === undefined ? "" : ` (${short})`}: ${says}`;

function help(rest: string): Answered {
  if (rest === "")
    return {
      result: "anything else is an expression, such as driver.expectedSeq - packet.seq",
      rows: words.map((each) => ({ text: usage(each) })),
    };
  return { result: usage(wordCalled(rest) ?? unknownWord(rest)) };
}

const wordCalled = (name: string): Word | undefined =>
  words.find(({ word, short }) => word === name || short === name);

function unknownWord(name: string): never {
  throw new UserError(`there is no word ${name}${wordMeant(name)}`);
}

/** The word of the console that somebody may have meant with a line that is none, as the end of a sentence. */
export function wordMeant(line: string): string {
  const first = /^\s*([A-Za-z]\w*)(?!\S)/.exec(line)?.[1] ?? "";
  const known = words.map(({ word }) => word);
  return didYouMean(first, known);
}

/**
 * The word that a line of the console begins with, and what stands behind it; null for an expression. A word that is
 * followed by an operator or a dot is a name in an expression, but a sign may stand before a number: `goto +20ms`.
 */
export function readLine(line: string): { word: Word; rest: string } | null {
  const match = /^\s*([A-Za-z][\w-]*|\?)(?:\s+(?![*/%<>=!&|.)]|[-+](?![\d.]))(.*))?\s*$/.exec(line);
  const word = match && wordCalled(match[1]!);
  return word ? { word, rest: (match[2] ?? "").trim() } : null;
}
