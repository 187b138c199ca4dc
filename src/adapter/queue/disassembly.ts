import type { DebugProtocol } from "@vscode/debugprotocol";
import type { QueueRow, TransmitQueue } from "../../replay/view/queue.ts";
import type { NumberStyle } from "../../replay/view/value.ts";
import { UserError } from "../../trace/platform.ts";
import type { Arguments } from "../requests.ts";
import type { Sources } from "../sources.ts";
import { addressOf, addressText, parseAddress, placeBits, rowAt } from "./address.ts";

/** Rows given at once, and events that are gone through for them, at most. */
const rowsMax = 10_000;
const eventsMax = 20_000;

/** What the rows are told with. */
interface Telling {
  queue: TransmitQueue;
  sources: Sources;
  numbers: NumberStyle;
}

/** The rows that a disassemble request asks for: exactly as many as it says; before the first and behind the last one invalid ones. */
export function disassemble(
  telling: Telling,
  { memoryReference, offset = 0, instructionOffset = 0, instructionCount }: Arguments["disassemble"],
): DebugProtocol.DisassembledInstruction[] {
  if (instructionCount > rowsMax)
    throw new UserError(`at most ${rowsMax} rows of the queue are given at once`);
  // An editor whose view is open while another session is turned to asks before it knows of a place.
  const from = memoryReference === "" ? 0n : parseAddress(memoryReference);
  const address = from + BigInt(offset);
  const walk = new Walk(telling.queue, address);
  walk.move(instructionOffset);
  return Array.from({ length: instructionCount }, () => {
    const row = walk.row ? rowText(walk.row, telling) : invalid(walk.address);
    walk.move(1);
    return row;
  });
}

const invalid = (address: bigint): DebugProtocol.DisassembledInstruction => ({
  address: addressText(address),
  instruction: "",
  presentationHint: "invalid",
});

function rowText(row: QueueRow, { queue, sources, numbers }: Telling): DebugProtocol.DisassembledInstruction {
  const { instruction, postedBy, bytes } = queue.text(row, numbers);
  const { source, line } = sources.placeOf(row.event);
  return {
    address: addressText(addressOf(row)),
    instruction,
    symbol: postedBy,
    location: source,
    line,
    ...(bytes.length > 0 && { instructionBytes: hexBytes(bytes) }),
  };
}

const hexBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** A place in the queue, which may lie before its first row or behind its last one. */
class Walk {
  private readonly queue: TransmitQueue;
  private event: number;
  private place = 0;
  /** Rows beyond the end of the queue: behind the last one, or, negative, before the first one. */
  private beyond = 0n;
  private left = eventsMax;

  /** At an address, or at the first row behind it. */
  constructor(queue: TransmitQueue, address: bigint) {
    this.queue = queue;
    const { eventCount } = queue.timeline;
    const event = Number(address >> placeBits) - 1;
    const place = Number(address & ((1n << placeBits) - 1n));
    const isRow = rowAt(queue, address) !== null;
    const following = isRow ? event : this.posting(place === 0 ? event : event + 1, 1);
    const previous = isRow ? null : this.posting(Math.min(event, eventCount - 1), -1);
    this.event = following ?? previous ?? -1;
    if (isRow) this.place = place;
    else if (following !== null) {
      // Rows before the first one are called by the numbers below its own; an event that posts nothing stands for the next.
      if (previous === null && place !== 0) this.beyond = address - this.here;
    } else if (previous !== null) {
      this.place = queue.rowsOf(previous).length - 1;
      this.beyond = address - this.here;
    } else this.beyond = address;
  }

  /** Null beyond the queue. */
  get row(): QueueRow | null {
    return this.beyond === 0n && this.event >= 0 ? this.queue.rowsOf(this.event)[this.place]! : null;
  }

  get address(): bigint {
    return this.event < 0 ? this.beyond : this.here + this.beyond;
  }

  private get here(): bigint {
    return addressOf({ event: this.event, place: this.place });
  }

  /** Some rows on, or back. */
  move(rows: number): void {
    const direction = rows < 0 ? -1 : 1;
    for (let left = Math.abs(rows); left > 0; ) left -= this.step(direction, left);
  }

  /** Goes at most `rows` rows on: as many as lie in one event, or beyond the queue; says how many. */
  private step(direction: 1 | -1, rows: number): number {
    if (this.event < 0) return this.further(direction, rows);
    if (this.beyond !== 0n) {
      const back = this.beyond > 0n === direction < 0;
      const most = back ? Math.min(rows, Number(this.beyond > 0n ? this.beyond : -this.beyond)) : rows;
      return this.further(direction, most);
    }
    const { length } = this.queue.rowsOf(this.event);
    const within = Math.min(rows, direction === 1 ? length - 1 - this.place : this.place);
    this.place += direction * within;
    if (within === rows) return rows;
    const next = this.posting(this.event + direction, direction);
    if (next === null) return within + this.further(direction, 1);
    this.event = next;
    this.place = direction === 1 ? 0 : this.queue.rowsOf(next).length - 1;
    return within + 1;
  }

  private further(direction: 1 | -1, rows: number): number {
    this.beyond += BigInt(direction * rows);
    return rows;
  }

  private posting(from: number, direction: 1 | -1): number | null {
    const { eventCount } = this.queue.timeline;
    const first = direction === 1 ? Math.max(0, from) : from;
    const way = Math.max(0, direction === 1 ? eventCount - first : first + 1);
    const event = this.queue.posting(first, direction, Math.min(way, this.left));
    this.left -= event === null ? way : Math.abs(event - first) + 1;
    if (this.left <= 0)
      throw new UserError(`that is more than ${eventsMax} events away in the transmit queue`);
    return event;
  }
}
