import type { RecordKeys } from "../../core/base/record.ts";
import type { Seq } from "../../core/base/seq.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { profileAmong } from "../../core/profiles/all.ts";
import { Kind } from "../../core/words/event.ts";
import { DiagnosticList } from "../diagnostics.ts";
import { LineFault, type Token } from "../lexer.ts";
import { fileWordOf } from "../profile-word.ts";
import type { ProfileFinder } from "../profiles/finder.ts";
import type { Diagnostic, Expectation, Trace } from "../trace.ts";
import type { StreamProgress } from "./stream-progress.ts";
import type { Given } from "./take.ts";

/** `Reading.subject` above the first event, and Expectation.event of those that speak of the whole file. */
export const noEvent = -1;
/** Names kept of lines that were left out; a file that is something else would give one a line. */
const lostNamesMax = 1000;

/** Thrown to leave a line out in silence: it hangs on one that could not be read, whose error is told. */
export const leftOut = new LineFault({ text: "", start: 0, end: 0 }, "");

/** What a declared connection is to the lines below it. */
export interface DeclaredConnection {
  /** Index into Trace.connections. */
  index: number;
  startSeq: Seq;
  /** The keys of its epochs, those of Trace.connections: each rekey adds some. */
  epochs: (RecordKeys | null)[];
  /** It is declared as its line means it: what is expected of it can be judged. */
  isClear: boolean;
  /** A capture shows it: no limits of TCP hold for what it says. */
  captured: boolean;
  progress: StreamProgress;
}

/** Packets that can wait for a queue to go on: more than the largest queue of a NIC holds, so that its going on is one event. */
const waitingMax = 2 ** 14;

/** Transmit queues that are held, and what was sent meanwhile. */
class HeldQueue {
  private readonly held = new Set<number>();
  private waiting = 0;

  /** An event of a device. */
  turn(kind: number, device: number): void {
    if (kind === Kind.hold) this.held.add(device);
    if (kind === Kind.resume || kind === Kind.reset) this.held.delete(device);
    if (this.held.size === 0) this.waiting = 0;
  }

  /** A packet is sent. Throws LineFault if no queue could hold it. */
  send(isUndoorbelled: boolean, place: Token): void {
    if (this.held.size === 0 && !isUndoorbelled) this.waiting = 0;
    else if (this.waiting < waitingMax) this.waiting++;
    else
      throw new LineFault(
        place,
        `no queue holds more than ${waitingMax} packets: let it go on above, or ring its doorbell`,
      );
  }
}

/**
 * Names that a mistake above stands behind: of lines that were left out, and those told already. What follows from that
 * mistake is left out in silence.
 */
export class LostNames {
  private readonly names = new Set<string>();
  /** A declaration has no name: any name may be its. */
  private readonly nameless = new Set<"device" | "connection">();
  /** An event of some connection was left out that moves its stream. */
  anyMoved = false;
  /** A connection was left out, or events of one that is declared nowhere. */
  hadConnections = false;
  /** Devices whose profile or kernel is not the one that the line meant. */
  readonly vague = new Set<number>();
  /** A profile's file could not be read: ids and counters that nobody knows may be its. */
  lacksFile = false;

  add(name: string): void {
    if (this.names.size < lostNamesMax) this.names.add(name);
  }

  addNameless(kind: "device" | "connection"): void {
    this.nameless.add(kind);
  }

  has(name: string, kind: "device" | "connection"): boolean {
    return this.names.has(name) || this.nameless.has(kind);
  }

  /** True if a mistake above stands behind the name; otherwise somebody is to tell it now, and it does from here on. */
  explains(name: string, kind: "device" | "connection"): boolean {
    if (this.has(name, kind)) return true;
    this.add(name);
    return false;
  }
}

/** A trace file being read: the trace so far, and what later lines refer to. */
export class Reading {
  readonly trace: Trace;
  readonly profiles: ProfileFinder;
  /** What a device has in this run, by what its line says. */
  readonly asked: (own: Profile) => Profile;
  readonly devices = new Map<string, number>();
  readonly connections = new Map<string, DeclaredConnection>();
  /** What stands behind names that lines above got wrong or left out, so that one mistake is told once. */
  readonly lost = new LostNames();
  readonly deviceLines: number[] = [];
  /** Profiles of files that device lines name, by their paths: only those of lines that are not left out. */
  readonly declared = new Map<string, Profile>();
  /** Those that the line being read names. */
  readonly named = new Map<string, Profile>();
  readonly connectionLines: number[] = [];
  /** Line being read, from 1. */
  line = 0;
  /** An error was told of that line. */
  spoilt = false;
  /** Time of the event line last read, in nanoseconds, even if that line was left out. */
  timeNs = 0;
  /** The event that an `expect` speaks of: `noEvent` = there is none yet, null = its line was wrong. */
  subject: number | null = noEvent;
  /** Expectations that begin a line since the last event line: of that event, or of the whole file if no event follows. */
  readonly unsettled: Expectation[] = [];
  readonly queue = new HeldQueue();
  /** Connections of captures are declared: their clocks are no mistakes. */
  hasCaptured = false;
  /** Events of devices so far. */
  deviceEvents = 0;
  /** Bytes and records of all streams so far. */
  streamBytes = 0;
  records = 0;
  /** They were as many as a trace can have. */
  isFull = false;
  private readonly diagnostics: DiagnosticList;

  constructor(trace: Trace, profiles: ProfileFinder, asked: (own: Profile) => Profile) {
    this.trace = trace;
    this.diagnostics = new DiagnosticList(trace.diagnostics);
    this.profiles = profiles;
    this.asked = asked;
  }

  /** The profile that a word names: of the model, of a file, or by its id of a file that a device line names; or null. */
  profileNamed(word: string, report?: (message: string) => void): Profile | null {
    const path = fileWordOf(word)?.path;
    const profile = this.profiles(word, report) ?? profileAmong([...this.declared.values()], word);
    if (path !== undefined && profile !== null) this.named.set(path, this.profiles(path)!);
    return profile;
  }

  /** What `read` gives. Where the line is wrong there, that is told (unless not `telling`), and `instead` holds. */
  attempt<T>(instead: T, read: () => T, telling = true): T {
    try {
      return read();
    } catch (fault) {
      if (!(fault instanceof LineFault)) throw fault;
      if (telling) this.wrong(fault.token, fault.message);
      return instead;
    }
  }

  /** Tells an error of the line being read. */
  wrong(token: Token, message: string): void {
    this.spoilt = true;
    this.report("error", token, message);
  }

  /** Tells what was wrong with words that mean nothing on their line. */
  tell({ faults }: Given): void {
    if (faults !== null) for (const { token, message } of faults) this.wrong(token, message);
  }

  /** True where a line that could not be read may have moved what the connection's stream has. */
  isUnsure({ progress }: DeclaredConnection): boolean {
    return progress.unsure || this.lost.anyMoved;
  }

  report(severity: Diagnostic["severity"], token: Token, message: string, line = this.line): void {
    this.diagnostics.report(severity, token, message, line);
  }

  /** Once the file is read: keeps the files that its lines name, says how many diagnostics did not fit. */
  finish(): void {
    for (const [path, profile] of this.declared) this.trace.profileFiles.set(path, profile);
    for (const id of this.trace.expectations.flatMap(({ under }) => under)) {
      const path = fileWordOf(id)?.path;
      if (path !== undefined) this.trace.profileFiles.set(path, this.profiles(path)!);
    }
    this.diagnostics.finish(this.line);
  }
}

/** An event as a line says it, before it has a time, a connection and a line. */
export interface Row {
  kind: number;
  flags?: number;
  /** Relative to the offload start. */
  at?: number;
  length?: number;
  extra?: number;
  sacks?: Seq[];
  recordSn?: bigint;
}

/** Reads one form of event off what its line gives. `verb` is the word that names the form. */
export type EventReader = (
  given: Given,
  verb: Token,
  connection: DeclaredConnection,
  reading: Reading,
) => Row;
