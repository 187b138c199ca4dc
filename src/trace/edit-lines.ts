import { deviceColumn } from "../core/words/event.ts";
import type { Run } from "./runs.ts";
import type { Trace } from "./trace.ts";

/** What an edit does to the lines of one event. */
export interface Block {
  /** The event of the trace whose lines these are, with its expect lines and comments; −1 = a new event. */
  from: number;
  /** True: the lines stand below those of the event above. False: they stay where `from` has them. */
  floats: boolean;
  connection: number;
  /** New expect lines below the event. */
  expected: readonly unknown[];
}

/** Lines that a block has and the file had not. */
const newLines = ({ from, expected }: Block): number => (from < 0 ? 1 : 0) + expected.length;

/** Where the lines of a trace file go when it is edited. */
export class EditedLines {
  /** The first of the lines that a block has and the file had not. */
  readonly firstOf = new Map<Block, number>();
  /** How far each old line moves; before `settle`, how much further than the line above it. */
  private readonly shift: Int32Array;
  /** Old lines that are taken out, and where they are put in again; null = nowhere. */
  private readonly taken = new Map<number, number | null>();
  /** Lines put in below an old one, behind `offset` others: old ones, then the new ones of the block. */
  private readonly put: { below: number; offset: number; old: readonly number[]; block: Block }[] = [];

  constructor(lastLine: number) {
    this.shift = new Int32Array(lastLine + 2);
  }

  takeOut(lines: readonly number[]): void {
    for (const line of lines) {
      this.taken.set(line, null);
      this.shift[line + 1]!--;
    }
  }

  /** Puts in lines that were taken out, and new ones; what is put below one line comes in the order of the calls. */
  putIn(below: number, old: readonly number[], block: Block): void {
    const last = this.put.at(-1);
    const offset = last?.below === below ? last.offset + last.old.length + newLines(last.block) : 0;
    this.put.push({ below, offset, old, block });
    this.shift[below + 1]! += old.length + newLines(block);
  }

  settle(): this {
    for (let line = 1; line < this.shift.length; line++) this.shift[line]! += this.shift[line - 1]!;
    for (const { below, offset, old, block } of this.put) {
      const first = below + this.shift[below]! + offset + 1;
      for (const [i, line] of old.entries()) this.taken.set(line, first + i);
      this.firstOf.set(block, first + old.length);
    }
    return this;
  }

  /** What an old line becomes; null = it is gone. */
  of(line: number): number | null {
    const moved = this.taken.get(line);
    return moved === undefined ? this.shifted(line) : moved;
  }

  /** The same for a line that is known not to be taken out. */
  shifted(line: number): number {
    return line + this.shift[line]!;
  }
}

/** True if a trace's lines are those of a trace file, a statement a line; a script's line may be several events. */
export const hasOwnLines = ({ declarationLines }: Trace): boolean =>
  declarationLines?.every((line) => line > 0) ?? false;

/**
 * The lines after an edit, as if somebody had made it in the text: an event goes with its expect lines, and all that
 * is below moves up or down. `runs` are the events in their order: of the trace, or −1 − the index of a block.
 */
export function linesAfter(trace: Trace, runs: readonly Run[], blocks: readonly Block[]): EditedLines {
  const expectLines = new Map<number, number[]>();
  for (const { event, line } of trace.expectations)
    expectLines.set(event, [...(expectLines.get(event) ?? []), line]);
  const line = (event: number) => trace.events.line.at(event);
  const linesOf = (event: number) => [line(event), ...(expectLines.get(event) ?? [])];
  const lines = new EditedLines(lastLine(trace));
  for (const event of eventsGone(trace.events.count, runs, blocks)) lines.takeOut(linesOf(event));
  let end = 0;
  for (const [i, run] of runs.entries()) {
    const block = run.from < 0 ? blocks[-1 - run.from]! : null;
    if (block?.floats) {
      const next = runs.slice(i + 1).find((one) => standing(one, blocks) !== null);
      const declared = declarationLine(trace, block.connection);
      if (declared > end && (!next || declared < line(standing(next, blocks)!.from))) end = declared;
      lines.putIn(end, block.from < 0 ? [] : linesOf(block.from), block);
    } else {
      const { from, count } = standing(run, blocks)!;
      end = Math.max(...linesOf(from + count - 1));
      if (block !== null && block.expected.length > 0) lines.putIn(end, [], block);
    }
  }
  return lines.settle();
}

/** Events of the trace whose lines do not stay where they are. */
function* eventsGone(count: number, runs: readonly Run[], blocks: readonly Block[]): Generator<number> {
  const stays = new Uint8Array(count);
  for (const run of runs) {
    const events = standing(run, blocks);
    if (events !== null) stays.fill(1, events.from, events.from + events.count);
  }
  for (let event = stays.indexOf(0); event >= 0; event = stays.indexOf(0, event + 1)) yield event;
}

/** The events of the trace whose lines stay where they are; null if a run is none of them. */
function standing(run: Run, blocks: readonly Block[]): Run | null {
  if (run.from >= 0) return run;
  const { from, floats } = blocks[-1 - run.from]!;
  return floats ? null : { from, count: 1 };
}

/** Line of what an event's connection or device is declared by. */
const declarationLine = ({ declarationLines = [], devices }: Trace, connection: number): number =>
  declarationLines[connection < 0 ? deviceColumn(connection) : devices.length + connection] ?? 0;

function lastLine({ events, expectations, comments, declarationLines = [] }: Trace): number {
  let last = Math.max(0, ...declarationLines);
  for (const line of events.line.values.subarray(0, events.count)) if (line > last) last = line;
  for (const { line } of expectations) last = Math.max(last, line);
  for (const line of comments.keys()) last = Math.max(last, line);
  return last;
}
