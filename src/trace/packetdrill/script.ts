// trace/packetdrill: packetdrill scripts.

import type { Profile } from "../../core/machine/profile.ts";
import { DiagnosticList } from "../diagnostics.ts";
import { LineFault, type Token } from "../lexer.ts";
import { finished } from "../platform.ts";
import type { Trace } from "../trace.ts";
import { integerArg, readCall, type ScriptCall, type ScriptWrite, writeOf } from "./call.ts";
import { NoteCounts, type ScriptNote } from "./notes.ts";
import { otherProtocol, readPacket, type ScriptPacket } from "./packet.ts";
import { firstPayloadByte, type Moment, ScheduleTrace } from "./schedule.ts";
import { ScriptSockets } from "./sockets.ts";
import { type Statement, statementLengthMax, statementsOf, timePattern } from "./statements.ts";

/** Characters of a file that is still read as a script: some half a million packets. */
const textSizeMax = 2 ** 25;
const nsPerSecond = 1e9;
/** Times stay this close to the script's begin (52 days), so that every difference of two is exact. */
const timeNsMax = 2 ** 52;
/** Characters looked at to tell a script from a trace file. */
const headSize = 2 ** 16;

/**
 * True for a packetdrill script: by its name, or because its first line that is no comment is one. In the trace
 * language a connection's name stands behind the time, so no call, packet or shell command does.
 */
export function isPacketdrill(name: string, text: string): boolean {
  if (/\.pkt$/i.test(name)) return true;
  const [first] = statementsOf(text.slice(0, headSize), new Map());
  if (first === undefined) return false;
  const time = timePattern.exec(first.text);
  if (time === null) return /^(?:--[a-z]|`)/i.test(first.text);
  return /^\s*(?:[<>]\s*[^>]*\d+:\d+\(|`|%\{|[a-z_]\w*\s*\(.*\)\s*=)/i.test(first.text.slice(time[0].length));
}

/**
 * Reads a packetdrill script as the offloaded TLS senders of ScheduleTrace; events stand on the script's lines. Never
 * throws: a line with an error is left out, the error becomes a diagnostic with its place and what to do.
 */
export const parsePacketdrill = (name: string, text: string, profile: Profile): Trace =>
  finished(readingPacketdrill(name, text, profile));

/** The same with a pause behind each statement. */
export function* readingPacketdrill(name: string, text: string, profile: Profile): Generator<number, Trace> {
  const script = new ScriptReading(name, profile);
  const { trace } = script.schedule;
  if (text.length > textSizeMax) {
    script.report(
      "error",
      `the file is longer than ${textSizeMax} characters, too long for a script; divide it`,
    );
    return trace;
  }
  // Where a statement stands in the text is not known, only that each takes some of it.
  let taken = 0;
  for (const statement of statementsOf(text, trace.comments)) {
    script.read(statement);
    taken += statement.text.length;
    yield Math.min(1, taken / text.length);
  }
  script.finish();
  return trace;
}

/** A script being read: the trace so far, and what later lines refer to. */
class ScriptReading {
  readonly schedule: ScheduleTrace;
  private readonly sockets: ScriptSockets;
  private readonly diagnostics: DiagnosticList;
  private readonly notes = new NoteCounts();
  private statement: Statement = { text: "", line: 1, start: 0, end: 0 };
  private timeNs = 0;
  /** Smallest MSS option of each connection's SYNs so far; what a SYN asked whose connection begins with the answer. */
  private readonly mss: number[] = [];
  private mssAsked: number | null = null;

  constructor(name: string, profile: Profile) {
    this.schedule = new ScheduleTrace(name, profile);
    this.sockets = new ScriptSockets(() => this.schedule.addConnection());
    this.diagnostics = new DiagnosticList(this.schedule.trace.diagnostics);
  }

  read(statement: Statement): void {
    this.statement = statement;
    try {
      this.readStatement(statement);
    } catch (fault) {
      if (!(fault instanceof LineFault)) throw fault;
      const { start, end } = fault.token;
      // A statement of several lines is one text here; its place is told within its first line.
      const at = { start: Math.min(start, statement.end), end: Math.min(end, statement.end) };
      this.diagnostics.report("error", at, fault.message, statement.line);
    }
  }

  report(severity: "error" | "warning", message: string): void {
    this.diagnostics.report(severity, this.statement, message, this.statement.line);
  }

  finish(): void {
    const { connections, declarationLines } = this.schedule.trace;
    this.notes.report(this.diagnostics);
    if (connections.length === 0)
      this.report(
        "error",
        "the script has no TCP connection: begin with a handshake, `+0 < S 0:0(0) win 65535`",
      );
    this.diagnostics.finish(this.statement.line);
    this.schedule.trace.declarationLines = declarationLines ?? [0, ...connections.map(() => 0)];
  }

  private readStatement({ text, start }: Statement): void {
    if (text.length > statementLengthMax)
      throw new LineFault(this.tokenFrom(0), `longer than ${statementLengthMax} characters; shorten it`);
    if (text.startsWith("--")) return this.note("options");
    const time = timePattern.exec(text);
    if (time === null && !/^[`%]/.test(text))
      throw new LineFault(
        this.tokenFrom(0),
        "an event begins with its time: `+.1`, `0.250` or `*`; then a call, `<` or `>`",
      );
    const behind = time?.[0].length ?? 0;
    if (time) this.timeNs = this.timeAfter(time, { text: time[0], start, end: start + behind });
    const at = behind + text.slice(behind).search(/\S|$/);
    const action = this.tokenFrom(at);
    if (action.text.startsWith("`")) return this.note("shell");
    if (action.text.startsWith("%")) return this.note("code");
    if (/^[<>]/.test(action.text)) return this.readPacket(action);
    this.readCall(action);
  }

  /** From the statement's character `at` to its end. */
  private tokenFrom(at: number): Token {
    const { text, start } = this.statement;
    return { text: text.slice(at), start: start + at, end: start + text.length };
  }

  /** A range begins at its lower end, a blocking call when it is made; `*` is whenever the event before was. */
  private timeAfter([, sign, digits]: RegExpExecArray, token: Token): number {
    if (digits === undefined) return this.timeNs;
    const [seconds, decimals = ""] = digits.split(".");
    const given = Number(seconds) * nsPerSecond + Number(decimals.slice(0, 9).padEnd(9, "0"));
    const timeNs = given + (sign === "+" ? this.timeNs : 0);
    if (timeNs > timeNsMax)
      throw new LineFault(token, "the script gets longer than 52 days; shorten the time");
    if (timeNs < this.timeNs)
      this.report("warning", "time goes backwards here; lines are replayed in the file's order");
    return timeNs;
  }

  private readPacket(token: Token): void {
    const other = otherProtocol(token.text);
    if (other !== null) return this.note(other);
    const packet = readPacket(token);
    if (packet.encapsulated) this.note("encapsulated");
    if (packet.multipath) this.note("multipath");
    const connection = this.sockets.packet(packet);
    const syn = packet.flags.includes("S");
    if (connection >= 0) {
      if (syn) this.learnMss(connection, packet);
      return this.play(connection, packet);
    }
    if (syn) this.mssAsked = packet.mss;
    else this.note(packet.flags.includes("R") ? "reset" : "early");
  }

  /** TCP sends no more at once than either end's SYN offered. */
  private learnMss(connection: number, packet: ScriptPacket): void {
    const asked = packet.outbound ? this.mssAsked : null;
    if (packet.outbound) this.mssAsked = null;
    const offers = [this.mss[connection], asked, packet.mss].filter(
      (mss) => typeof mss === "number" && mss > 0,
    );
    if (offers.length === 0) return;
    const mss = Math.min(...(offers as number[]));
    this.mss[connection] = mss;
    this.schedule.setMss(connection, mss);
  }

  /** What carries a reset is no segment of a sender's stream. */
  private play(connection: number, packet: ScriptPacket): void {
    if (packet.flags.includes("R")) this.note("reset");
    else if (packet.outbound) this.transmit(connection, packet);
    else this.acknowledge(connection, packet);
  }

  private acknowledge(connection: number, { flags, ack, ackOpen, sack }: ScriptPacket): void {
    if (ackOpen) this.note("open");
    if (ack === null) return;
    // Without its flag the number says nothing (RFC 9293 §3.1).
    if (!flags.includes(".")) return this.note("unflagged");
    if (!this.sockets.isAnswered(connection)) return this.note("unanswered");
    const problem = this.schedule.acknowledge(this.moment(connection), ack, sack);
    if (problem !== null) this.report("warning", problem);
  }

  private transmit(connection: number, { flags, seq, length }: ScriptPacket): void {
    const syn = flags.includes("S");
    const fin = flags.includes("F");
    if (length === 0 && !fin) return;
    if (syn && length > 0) this.note("syn");
    if (seq === null && !syn)
      return this.report(
        "error",
        "the segment's place is left open (`...`) or absolute (`!`); give numbers that count from the SYN",
      );
    const moment = this.moment(connection);
    // Data in a SYN comes behind its number.
    const segment = { seq: syn ? firstPayloadByte : seq!, length, fin };
    if (this.schedule.missing(connection, segment) > 0) this.note("covered");
    const problem = this.schedule.transmit(moment, segment);
    if (problem !== null) this.report("error", problem);
  }

  private readCall(token: Token): void {
    const call = readCall(token);
    const write = writeOf(call);
    if (write !== null) return this.write(write, call);
    this.sockets.call(call);
    const ends =
      call.name === "close" || (call.name === "shutdown" && !/\bSHUT_RD\b/.test(call.args[1] ?? ""));
    if (!ends || call.result !== 0) return;
    const descriptor = integerArg(call, 0);
    const connection = this.sockets.connectionOf(descriptor);
    if (connection >= 0) this.schedule.close(this.moment(connection));
    if (call.name === "close") this.sockets.closed(descriptor);
  }

  private write({ descriptor, length, more, eor, fastOpen, refused }: ScriptWrite, call: ScriptCall): void {
    if (length === 0) return this.sockets.tookNothing(descriptor, fastOpen, call);
    const connection = this.sockets.writeTo(descriptor);
    if (connection < 0) return this.note("other");
    if (more && eor) this.note("eor");
    if (refused) this.note("refused");
    const problem = this.schedule.write(this.moment(connection), length, { more: more && !eor, eor });
    if (problem !== null) this.report("error", problem);
  }

  private moment(connection: number): Moment {
    return { connection, timeNs: this.timeNs, line: this.statement.line };
  }

  private note(note: ScriptNote): void {
    this.notes.add(note, this.statement.line, this.statement);
  }
}
