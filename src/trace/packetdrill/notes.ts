import type { Columns, DiagnosticList } from "../diagnostics.ts";
import type { Diagnostic } from "../trace.ts";

/** What a script has that a trace has not: told once for the whole file, at its first line. */
const scriptNotes = {
  shell: ["note", "shell commands are not run: the model knows no sysctl and no routes"],
  options: ["note", "options (`--name=value`) are left out: they set up packetdrill's own network"],
  code: ["note", "Python blocks are left out; state what must hold by `expect` lines of a .tlstrace file"],
  icmp: ["note", "ICMP packets are left out: what the sender makes of them is in its next segments"],
  udp: ["warning", "UDP packets are left out: only TLS over TCP is modelled"],
  sctp: ["warning", "SCTP packets are left out: only TLS over TCP is modelled"],
  other: [
    "note",
    "writes to descriptors that are no open TCP socket of the script (pipe, file, UDP, closed) are left out",
  ],
  early: [
    "warning",
    "TCP packets that come before a connection's SYN are left out; begin with its handshake",
  ],
  reset: ["note", "resets are left out: what an offload does at the end of a connection is not modelled"],
  unflagged: ["note", "an acknowledgement number without the ACK flag (`.`) says nothing: it is left out"],
  unanswered: [
    "note",
    "acknowledgements that come in before the other end's SYN are left out: TCP discards them (RFC 9293 §3.10.7.3)",
  ],
  open: [
    "note",
    "acknowledgements whose number is left open (`...`) or absolute (`!`) are left out: what they cover is unknown",
  ],
  syn: [
    "note",
    "data in a SYN is taken for the first bytes of the offload, though kTLS needs an established connection",
  ],
  encapsulated: ["note", "encapsulation is left out: the offload sees the TCP segment inside"],
  multipath: ["note", "Multipath TCP is left out: each subflow is taken for a connection of its own"],
  refused: [
    "note",
    "flags that kTLS refuses (EOPNOTSUPP: all but MSG_MORE, MSG_EOR, MSG_DONTWAIT, MSG_NOSIGNAL) are left out; the data is sent",
  ],
  eor: ["note", "MSG_MORE beside MSG_EOR is left out: kTLS refuses the two together (EINVAL)"],
  covered: [
    "note",
    "segments go beyond what was written above (a record that MSG_MORE holds open is not TCP's yet): a send of the missing bytes is put before them",
  ],
} as const satisfies Record<string, readonly [Diagnostic["severity"], string]>;
export type ScriptNote = keyof typeof scriptNotes;

/** Counts what is left out, so that a script with forty ICMP lines gives one note. */
export class NoteCounts {
  private readonly found = new Map<ScriptNote, { line: number; at: Columns; count: number }>();

  add(note: ScriptNote, line: number, at: Columns): void {
    const before = this.found.get(note);
    if (before) before.count++;
    else this.found.set(note, { line, at, count: 1 });
  }

  report(diagnostics: DiagnosticList): void {
    for (const [note, { line, at, count }] of this.found) {
      const [severity, message] = scriptNotes[note];
      const times = count === 1 ? "" : `; ${count} times in this script`;
      diagnostics.report(severity, at, `${message}${times}`, line);
    }
  }
}
