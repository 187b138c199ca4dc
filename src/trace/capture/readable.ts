import { firstThat } from "../../core/base/columns.ts";
import type { CapturedRecords, Pieces } from "../captured.ts";
import { Authenticated } from "../trace.ts";

/** True if any of a stream's records can be opened. */
export const hasKeys = ({ cipher, epochs }: CapturedRecords): boolean =>
  cipher !== null && epochs.some((keys) => keys !== null);

/** True if the content of a row is known: a record that was opened, or in clear and whole in the capture, under keys that are known. */
export function isReadable({ records, ...captured }: CapturedRecords, at: number): boolean {
  const { epochs, isHostTap, overlays, pieces } = captured;
  if ((epochs[records.epoch.values[at]!] ?? null) === null) return false;
  if (records.authenticated.values[at] === Authenticated.yes) return true;
  const [start, length] = [records.start.values[at]!, records.length.values[at]!];
  return isHostTap && (overlays.has(at) || bytesIn(pieces, start, start + length) === length);
}

/** Bytes of [from, to) that pieces hold. */
function bytesIn({ start, length }: Pieces, from: number, to: number): number {
  const first = firstThat(0, start.length, (piece) => start.values[piece]! + length.values[piece]! > from);
  let bytes = 0;
  for (let piece = first; piece < start.length && start.values[piece]! < to; piece++) {
    const end = start.values[piece]! + length.values[piece]!;
    bytes += Math.min(to, end) - Math.max(from, start.values[piece]!);
  }
  return bytes;
}
