import { recordType } from "../../core/base/record.ts";
import { RecordKind } from "../../core/machine/record-log.ts";
import { counted, noun } from "../../trace/visible.ts";
import { hasAcked } from "./facts.ts";
import type { Path } from "./path.ts";
import { show } from "./value.ts";
import { rangeIn, recordName, seqOf, type View } from "./view.ts";

const mapPaths: readonly Path[] = [
  {
    path: "records",
    says: "The record map: records pushed and not yet released.",
    reads: ["head", "tail"],
    name: () => "Record map",
    of: ({ state }) => {
      const count = state.tail - state.head;
      return count === 0 ? "empty" : counted(count, "record");
    },
  },
  {
    path: "records.count",
    says: "How many there are; the start marker counts as one.",
    reads: ["head", "tail"],
    of: ({ state }) => state.tail - state.head,
  },
  {
    path: "records.hint",
    says: "The number of the record that the next lookup begins with (retransmit_hint).",
    reads: ["hint"],
    of: ({ state, log }) => (state.hint < 0 ? null : log.knownSn(state.hint)),
    word: ({ state, log }) => (state.hint < 0 ? "none" : recordName(log, state.hint)),
  },
  {
    path: "records.openRecordLength",
    says: "Where a record is open: its bytes so far, the header included.",
    reads: ["openLength"],
    where: ({ state }) => state.openLength > 0,
    of: ({ state }) => state.openLength,
    word: (view, raw) => `${show(raw, view.numbers)} ${noun(Number(raw), "byte")}, not in TCP yet`,
  },
  {
    path: "records.openFragments",
    says: "Where a record is open: its fragments.",
    reads: ["openLength", "openFragments"],
    where: ({ state }) => state.openLength > 0,
    of: ({ state }) => state.openFragments,
  },
  {
    path: "records.waitingAck",
    says: "Where an acknowledgement waits for the map's lock: the byte that it acknowledges up to.",
    reads: ["ackWaits", "sndUna"],
    where: ({ state }) => state.ackWaits === 1,
    of: (view) => seqOf(view, view.state.sndUna),
  },
];

const typeNames: Readonly<Record<number, string>> = {
  [recordType.changeCipherSpec]: "change_cipher_spec",
  [recordType.alert]: "alert",
  [recordType.handshake]: "handshake",
  [recordType.applicationData]: "application_data",
};

const typeName = (type: number): string => typeNames[type] ?? String(type);

/** A record on one line: its range, its type, and whether a part of it is acknowledged. */
function recordText(view: View, row: number): string {
  const { log, state } = view;
  const range = rangeIn(view, log.start(row), log.length.at(row));
  if (log.kind.at(row) !== RecordKind.record) return range;
  const partly = hasAcked(view) && state.sndUna > log.start(row) ? ", partly acknowledged" : "";
  return `${range} ${typeName(log.type.at(row))}${partly}`;
}

/** The last record pushed with a number: where numbers count on, a look at the last one's tells its row. */
function recordNumbered({ log, state }: View, number: bigint): { item: number; index: number } | null {
  const { tail } = state;
  const found = (row: number) => ({ item: row, index: row - state.head });
  const last = tail > 0 ? log.knownSn(tail - 1) : null;
  const guess = last === null ? -1 : tail - 1 - Number(last - number);
  if (guess > 0 && guess < tail && log.knownSn(guess) === number) return found(guess);
  for (let row = tail - 1; row > 0; row--) if (log.knownSn(row) === number) return found(row);
  return null;
}

/** Of a record of the map, each by its row of the log. */
const rowPaths: readonly Path<number>[] = [
  {
    path: "records[i]",
    says: "A record of the map, the oldest first: its bytes, its type, and whether it is partly acknowledged.",
    reads: ["head", "tail", "acked", "sndUna"],
    family: {
      count: ({ state }) => state.tail - state.head,
      at: ({ state }, i) => state.head + i,
      numbered: recordNumbered,
    },
    name: ({ log }, row) => recordName(log, row),
    of: recordText,
    range: ({ log }, row) => ({ from: log.start(row), length: log.length.at(row) }),
    event: ({ log }, row) => (log.pushedBy.at(row) < 0 ? null : log.pushedBy.at(row)),
  },
  {
    path: "records[i].sn",
    says: "Its number, where it is known.",
    reads: ["head", "tail"],
    of: ({ log }, row) => log.knownSn(row),
  },
  {
    path: "records[i].startSeq",
    says: "Its first byte.",
    reads: ["head", "tail"],
    of: (view, row) => seqOf(view, view.log.start(row)),
  },
  {
    path: "records[i].endSeq",
    says: "The byte behind its last one.",
    reads: ["head", "tail"],
    of: (view, row) => seqOf(view, view.log.end(row)),
  },
  {
    path: "records[i].length",
    says: "Its bytes, header and tag included.",
    reads: ["head", "tail"],
    of: ({ log }, row) => log.length.at(row),
  },
  {
    path: "records[i].type",
    says: "Its content type as a number; 23 is application data.",
    reads: ["head", "tail"],
    of: ({ log }, row) => log.type.at(row),
    word: ({ log }, _raw, row) => typeName(log.type.at(row)),
  },
  {
    path: "records[i].epoch",
    says: "The key that it is encrypted with, counted from 0.",
    reads: ["head", "tail"],
    of: ({ log }, row) => log.epoch.at(row),
  },
  {
    path: "records[i].encryptedBy",
    says: "Who encrypts it: the device, or software before TCP.",
    reads: ["head", "tail"],
    of: ({ log }, row) => (log.kind.at(row) === RecordKind.software ? "software, before TCP" : "the device"),
  },
  {
    path: "records[i].released",
    says: "Whether it has left the map, because every byte of it is acknowledged: only one that a hover shows can be.",
    reads: ["head", "tail"],
    of: ({ state }, row) => row < state.head,
  },
];

/** The record map, and the record that is still open. */
export const recordPaths: readonly Path[] = [...mapPaths, ...rowPaths];
