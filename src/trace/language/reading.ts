import type { Profile } from "../../core/machine/profile.ts";
import { profileAmong } from "../../core/profiles/all.ts";
import { DiagnosticList } from "../diagnostics.ts";
import type { Token } from "../lexer.ts";
import { fileWordOf } from "../profile-word.ts";
import type { ProfileFinder } from "../profiles/finder.ts";
import type { Diagnostic, Expectation, Trace } from "../trace.ts";
import type { StreamProgress } from "./stream-progress.ts";

/** What a declared connection is to the lines below it. */
export interface DeclaredConnection {
  /** Index into Trace.connections. */
  index: number;
  startSeq: number;
  progress: StreamProgress;
}

/** A trace file being read: the trace so far, and what later lines refer to. */
export class Reading {
  readonly trace: Trace;
  readonly profiles: ProfileFinder;
  /** What a device has in this run, by what its line says. */
  readonly asked: (own: Profile) => Profile;
  readonly devices = new Map<string, number>();
  readonly connections = new Map<string, DeclaredConnection>();
  readonly deviceLines: number[] = [];
  /** Profiles of files that device lines name, by their paths: only those of lines that are not left out. */
  readonly declared = new Map<string, Profile>();
  /** Those that the line being read names. */
  readonly named = new Map<string, Profile>();
  readonly connectionLines: number[] = [];
  /** Line being read, from 1. */
  line = 0;
  /** Time of the event line last read, in nanoseconds, even if that line was left out. */
  timeNs = 0;
  /** The event that an `expect` speaks of: −1 = there is none yet, null = its line was wrong and is left out. */
  subject: number | null = -1;
  /** Expectations that begin a line since the last event line: of that event, or of the whole file if no event follows. */
  readonly unsettled: Expectation[] = [];
  /** Events of devices so far. */
  deviceEvents = 0;
  /** Bytes of all streams so far. */
  streamBytes = 0;
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
  sacks?: number[];
  recordSn?: bigint;
}

/** One form of event: reads the words behind the connection. `verb` is the word that names the form. */
export type Form = (words: Token[], verb: Token, connection: DeclaredConnection, reading: Reading) => Row;
