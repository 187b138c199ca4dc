import { tagSize } from "../core/base/record.ts";
import { advance } from "../core/base/seq.ts";
import { Kind } from "../core/words/event.ts";
import type { Judged } from "../replay/findings.ts";
import { type MemoryKind, readStream } from "../replay/view/memory.ts";
import { judgedView, partOf, recordName, type View } from "../replay/view/view.ts";
import { wrongByteOf } from "../replay/view/wrong/byte.ts";
import { capturedBytes } from "../replay/view/wrong/bytes.ts";
import { wordWrongByte } from "../replay/view/wrong/words.ts";
import { eventPlace } from "../trace/trace.ts";
import {
  type Cell,
  type ListRow,
  type ListView,
  letterWidth,
  listExtent,
  nextRow,
  type Run,
  rowsShown,
  textCell,
} from "./list.ts";
import type { Asked, Model } from "./model.ts";
import { byteWords } from "./packet-words.ts";
import type { Rare, RareAsked } from "./rare.ts";

/** Ways to look at a packet, from left to right: the first one is there only of captures. */
const ways = ["captured", "expected", "plaintext", "placeholder"] as const satisfies readonly MemoryKind[];
type Way = (typeof ways)[number];

/** Letters of a row's number. */
const numberWidth = 10;
/** Bytes of a row, as many as there is room for. */
const perLineOf = (columns: number, count: number): number =>
  [16, 8].find((each) => (numberWidth + 2 + count * (3 * each + 1)) * letterWidth <= columns) ?? 4;

/** Bytes of the stream, from the offload start on. */
interface Bytes {
  from: number;
  length: number;
}

/** The bytes of a row: what each is, and its value in each way; −1 where that is not known. */
interface Look {
  at: number;
  roles: string[];
  values: Map<Way, number[]>;
}

/** A packet, or a record that is pushed, in hex: as captured and as it must be, in clear and as it lies in host memory. */
export class PacketPicture implements Model {
  private readonly judged: Judged;
  private readonly connection: number;
  private readonly ways: readonly Way[];

  constructor(judged: Judged, connection: number) {
    this.judged = judged;
    this.connection = connection;
    const { source } = judged.timeline.trace.connections[connection]!;
    this.ways = source?.kind === "captured" ? ways : ways.slice(1);
  }

  view({ area, columns, lines, position }: Asked): ListView {
    const event = this.eventAt(position.event);
    const perLine = perLineOf(columns, this.ways.length);
    const head = [
      { text: "byte", width: numberWidth },
      ...this.ways.map((text) => ({ text, width: 3 * perLine })),
    ];
    if (event < 0) {
      const none = listExtent(head, { count: 0, low: 0, high: 0 }, { area, columns });
      return { title: "no packet of this stream", rows: [], isComplete: true, ...none };
    }
    const view = this.viewOf(event);
    const bytes = this.bytesOf(event);
    const wrong = wrongByteOf(view);
    const wrongAt = wrong === null ? 0 : wrong.seq - view.connection.startSeq - bytes.from;
    const shown = rowsShown(
      Math.ceil(bytes.length / perLine),
      { area, lines },
      wrongAt > 0 && wrongAt < bytes.length ? Math.floor(wrongAt / perLine) : 0,
    );
    const rows = Array.from({ length: shown.high - shown.low }, (_, i) => {
      const skip = (shown.low + i) * perLine;
      return this.row(view, { from: bytes.from + skip, length: Math.min(perLine, bytes.length - skip) });
    });
    const found = wrong === null ? "" : `; ${wordWrongByte(view, wrong)}`;
    const range = `${bytes.from}:${bytes.from + bytes.length}(${bytes.length})`;
    const title = `${eventPlace(this.judged.timeline.trace, event)}, bytes ${range}${found}`;
    return { title, rows, isComplete: true, ...listExtent(head, shown, { area, columns }) };
  }

  rare(rare: RareAsked, asked: Asked): Rare | null {
    return nextRow((part) => this.view(part), asked, rare);
  }

  /** The event itself if it has bytes, else the last one before it that has, else the first; −1 if none has. */
  private eventAt(event: number): number {
    const { timeline } = this.judged;
    const { kind, length } = timeline.trace.events;
    const own = timeline.eventsOf(this.connection);
    const has = (each: number) =>
      (kind.values[each] === Kind.transmit || kind.values[each] === Kind.record) && length.values[each]! > 0;
    const ordinal = timeline.ordinalOf(this.connection, event + 1);
    return own.subarray(0, ordinal).findLast(has) ?? own.subarray(ordinal).find(has) ?? -1;
  }

  /** Behind the event, where its records are pushed. */
  private viewOf(event: number): View {
    const { stages } = this.judged.timeline.record(event);
    return judgedView(this.judged, { event, stage: stages.length - 1 }, this.connection);
  }

  private bytesOf(event: number): Bytes {
    const { trace } = this.judged.timeline;
    const { startSeq } = trace.connections[this.connection]!;
    return { from: trace.events.seq.at(event) - startSeq, length: trace.events.length.at(event) };
  }

  private row(view: View, bytes: Bytes): ListRow {
    const look = this.lookAt(view, bytes);
    const [captured, expected] = [look.values.get("captured"), look.values.get("expected")!];
    const differs = (i: number) =>
      captured !== undefined && captured[i]! >= 0 && expected[i]! >= 0 && captured[i] !== expected[i];
    const isWrong = Array.from(expected.keys()).some(differs);
    const wayCell = (way: Way) =>
      hexCell(look, look.values.get(way)!, (i) => (way === "captured" || way === "expected") && differs(i));
    return {
      cells: [textCell(String(bytes.from), "band-text"), ...this.ways.map(wayCell)],
      event: null,
      bytes: { from: bytes.from, to: bytes.from + bytes.length },
      says: `${whatIn(view, bytes, look)}${isWrong ? `; ${wordDifferences(look, differs)}` : ""}`,
      isRare: isWrong,
      isNow: false,
    };
  }

  /** Record by record: what is not known of one hides nothing of the next. */
  private lookAt(view: View, { from, length }: Bytes): Look {
    const { log, connection } = view;
    const roles: string[] = [];
    const values = new Map(this.ways.map((way) => [way, [] as number[]]));
    while (roles.length < length) {
      const at = from + roles.length;
      const row = log.rowOf(advance(connection.startSeq, at), log.count);
      const rest = from + length - at;
      const part = {
        from: at,
        length: row < 1 ? rest : Math.min(rest, log.end(row) - connection.startSeq - at),
      };
      const own = rolesIn(view, row, part);
      for (const way of this.ways)
        values.get(way)!.push(...bytesIn(view, way, part).map((byte, i) => (isIn(way, own[i]!) ? byte : -1)));
      roles.push(...own);
    }
    return { at: from, roles, values };
  }
}

function bytesIn(view: View, way: Way, { from, length }: Bytes): number[] {
  const at = advance(view.connection.startSeq, from);
  const bytes =
    way === "captured" ? capturedBytes(view, at, length) : readStream(view, way, from, length).bytes;
  return Array.from({ length }, (_, i) => bytes[i] ?? -1);
}

/** In clear there is payload alone. */
const isIn = (way: Way, role: string): boolean => way !== "plaintext" || role === "byte-payload";

/** What each byte of a record's part is, as a role. */
function rolesIn(view: View, row: number, { from, length }: Bytes): string[] {
  const { log, connection } = view;
  if (row < 1) return Array.from({ length }, () => "byte-outside");
  const first = advance(connection.startSeq, from) - log.start(row);
  const typeAt = typeByteAt(view, row);
  return Array.from({ length }, (_, i) => {
    const part = partOf(view, row, first + i);
    if (typeAt === null || part === "tag" || first + i < typeAt) return `byte-${part.replace(" byte", "")}`;
    return first + i === typeAt ? "byte-type" : "byte-padding";
  });
}

/**
 * Where in its record the content type stands that TLS 1.3 puts behind the payload: zeros behind it are padding
 * (RFC 8446 §5.4). Null where the layout has none, or what the record holds is not known.
 */
function typeByteAt(view: View, row: number): number | null {
  const { log, connection, socket } = view;
  const { prepend, tail } = socket.layout;
  if (tail === 0) return null;
  const length = log.length.at(row);
  const inner = readStream(view, "placeholder", log.start(row) - connection.startSeq, length).bytes;
  if (inner.length < length) return null;
  const at = inner.subarray(0, length - tagSize).findLastIndex((byte) => byte !== 0);
  return at < prepend ? null : at;
}

const hexOf = (value: number): string => (value < 0 ? "··" : value.toString(16).padStart(2, "0"));

/** Bytes that are alike in one run. */
function hexCell({ roles }: Look, values: readonly number[], isMarked: (i: number) => boolean): Cell {
  const runs: Run[] = [];
  for (const [i, value] of values.entries()) {
    const role = value < 0 ? "byte-outside" : roles[i]!;
    const ground = isMarked(i) ? "wrong-ground" : undefined;
    const last = runs.at(-1);
    const text = `${hexOf(value)} `;
    if (last?.role === role && last.ground === ground) last.text += text;
    else runs.push({ text, role, ...(ground && { ground }) });
  }
  return { runs };
}

/** `record 3: header, payload`, of all records and parts that a row has. */
function whatIn({ log, connection }: View, { from, length }: Bytes, { roles }: Look): string {
  const start = advance(connection.startSeq, from);
  const records = log.rowsIn(start, advance(start, length)).map((row) => recordName(log, row));
  const parts = [...new Set(roles)].map((role) => byteWords[role] ?? role);
  return `bytes ${from} to ${from + length}, ${records.length === 0 ? "no record" : records.join(", ")}: ${parts.join(", ")}`;
}

function wordDifferences({ at, values }: Look, differs: (i: number) => boolean): string {
  const [captured, expected] = [values.get("captured")!, values.get("expected")!];
  const wrong = Array.from(captured.keys()).filter(differs);
  const first = wrong[0]!;
  const more = wrong.length === 1 ? "" : `, ${wrong.length} wrong in this row`;
  return `byte ${at + first} is ${hexOf(captured[first]!)}, must be ${hexOf(expected[first]!)}${more}`;
}
