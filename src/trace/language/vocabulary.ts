import { recordType } from "../../core/base/record.ts";
import { Flag } from "../../core/words/event.ts";

/** Words of the trace language for record types; every other type is a number. */
export const recordTypeNames = {
  change_cipher_spec: recordType.changeCipherSpec,
  alert: recordType.alert,
  handshake: recordType.handshake,
  application_data: recordType.applicationData,
} as const;

const nameOfType = new Map<number, string>(
  Object.entries(recordTypeNames).map(([name, type]) => [type, name]),
);

/** A record type as text: its name, else its number. */
export const typeText = (type: number): string => nameOfType.get(type) ?? String(type);

/** Words behind a transmit, in the order in which they are printed. */
export const transmitFlags = {
  fin: Flag.fin,
  lost: Flag.lost,
  "qdisc-drop": Flag.qdiscDrop,
  captured: Flag.captured,
  straddle: Flag.straddle,
  orphan: Flag.orphan,
  "orphan-partial": Flag.orphanPartial,
  marked: Flag.marked,
  "no-memory": Flag.noMemory,
  "ring-full": Flag.ringFull,
  "xmit-more": Flag.undoorbelled,
} as const;

/** Words behind a send. */
export const sendFlags = { more: Flag.more, eor: Flag.eor, zerocopy: Flag.zerocopy } as const;

/** Words behind an install. */
export const installFlags = { unsent: Flag.unsent } as const;

/** Other names of effects' fields: those of the JSON output. */
export const fieldAliases: Readonly<Record<string, string>> = {
  expectedSeq: "expected",
  recordSn: "record",
  replayedBytes: "replayed",
};

/** Forms of an event line behind its time and connection, as messages show them. */
export const eventForms = [
  "install [unsent]",
  "send LENGTH [more|eor] [zerocopy [pieces=N]] [type=TYPE]",
  "record LENGTH [type=TYPE] [sn=N|?] [epoch=E]",
  "gap LENGTH",
  "> START:END(LENGTH) [fin] [lost|qdisc-drop] [captured] [straddle] [orphan|orphan-partial] [marked] [no-memory] [ring-full] [xmit-more] [dma-error=K] [queue=N]",
  "< ack N [sack START:END,…] [racing]",
  "merge START:END",
  "split AT",
  "page-write START:END",
  "splice-eof",
  "rekey",
  "reroute DEVICE",
  "close",
  "destruct",
] as const;

/** The lines that there are, as messages show them. */
export const lineForms = [
  "device NAME [profile=P|FILE.json] [kernel=K] [mtu=N] [slaves=NAME,…]",
  "connection NAME device=NAME [key=value …]",
  "+SECONDS CONNECTION EVENT",
  "+SECONDS DEVICE down|up|reset|hold|resume|refuse|accept",
  "expect EFFECT [field=value …] [under PROFILE,…]",
  "expect no EFFECT",
  "expect counter NAME=N",
  "expect wire=VERDICT",
  "# comment",
] as const;
