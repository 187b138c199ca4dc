// adapter/queue: the transmit queue as an editor's disassembly: addresses, rows, stops at them.

import type { Position } from "../../replay/timeline.ts";
import type { QueueRow, TransmitQueue } from "../../replay/view/queue.ts";
import { UserError } from "../../trace/platform.ts";

/** Bits of an address that count the descriptors of an event; above them stands the event, counted from 1. */
export const placeBits = 24n;

/** Where a row of the queue lies: addresses go up along the queue, `0x5000002` is the third descriptor of event 5. */
export const addressOf = ({ event, place }: Pick<QueueRow, "event" | "place">): bigint =>
  (BigInt(event + 1) << placeBits) + BigInt(place);

export const addressText = (address: bigint): string =>
  `${address < 0n ? "-" : ""}0x${(address < 0n ? -address : address).toString(16)}`;

/** Reads an address back. Throws UserError if the text is none. */
export function parseAddress(text: string): bigint {
  if (!/^-?0x[0-9a-f]{1,16}$|^-?\d{1,19}$/i.test(text))
    throw new UserError(`${text} is no address of the transmit queue, such as 0x5000002`);
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}

/** The row at an address; null if none is. */
export function rowAt(queue: TransmitQueue, address: bigint): QueueRow | null {
  const event = Number(address >> placeBits) - 1;
  const place = Number(address & ((1n << placeBits) - 1n));
  const isEvent = event >= 0 && event < queue.timeline.eventCount;
  return isEvent ? (queue.rowsOf(event)[place] ?? null) : null;
}

/**
 * The row of the queue at a place in time: what the NIC takes there, else what is posted next, else the last one posted. Of
 * an event that posts nothing its own address, which stands for the next row: nobody goes through others for a step.
 */
export function pointerAt(queue: TransmitQueue, { event, stage }: Position): string {
  const rows = queue.rowsOf(event);
  const row = rows.find(({ takenAt, postedAt }) => takenAt === stage || postedAt > stage) ?? rows.at(-1);
  return addressText(addressOf(row ?? { event, place: 0 }));
}
