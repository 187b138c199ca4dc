import { layoutOf, type RecordKeys, tagSize } from "../../core/base/record.ts";
import type { CapturedRecords } from "../captured.ts";
import { withScattered } from "../pcap/scattered.ts";
import { FileWindow } from "../pcap/window.ts";
import type { Aead, FileAccess } from "../platform.ts";
import { mended } from "../tls/damage/mended.ts";
import { openRecord, protectionOf } from "../tls/decrypt.ts";
import { gapType, snOf } from "../tls/record-table.ts";
import { ByteStream } from "../tls/stream.ts";
import { Authenticated, type CaptureReader, type Damage } from "../trace.ts";

/** Reads the records of a capture's streams from its file, be it the one that they were found in or the same opened again. */
export const readerOf = (captured: readonly CapturedRecords[], file: FileAccess, aead: Aead): CaptureReader =>
  new CapturedReader(captured, file, aead);

class CapturedReader implements CaptureReader {
  private readonly captures: readonly CapturedRecords[];
  private readonly window: FileWindow;
  /** Copies are read apart, so that reading them does not disturb the stream's window. */
  private readonly copyWindow: FileWindow;
  readonly encrypter: Aead;
  private readonly streams = new Map<number, ByteStream>();
  /** The record asked for last, for a look at a packet asks for it several times. */
  private last: { stream: number; row: number; plaintext: Uint8Array | null } | null = null;

  constructor(captured: readonly CapturedRecords[], file: FileAccess, aead: Aead) {
    this.captures = captured;
    const [stream] = captured;
    const whole = stream ? withScattered(file, stream.scattered) : file;
    this.window = new FileWindow(whole);
    this.copyWindow = new FileWindow(whole);
    this.encrypter = aead;
  }

  plaintext(stream: number, row: number): Uint8Array | null {
    if (this.last?.stream !== stream || this.last.row !== row)
      this.last = { stream, row, plaintext: this.opened(stream, row) };
    return this.last.plaintext;
  }

  payload(offset: number, length: number): Uint8Array | null {
    const bytes = new Uint8Array(length);
    return this.copyWindow.copy(offset, length, bytes, 0) ? bytes : null;
  }

  captured(stream: number, row: number): Uint8Array {
    const { start, length } = this.captures[stream]!.records;
    const at = row - 1;
    if (at < 0 || at >= start.length) return new Uint8Array(0);
    const bytes = new Uint8Array(length.values[at]!);
    return bytes.subarray(0, this.streamOf(stream).read(start.values[at]!, bytes.length, bytes));
  }

  mended(stream: number, row: number, damage: Damage): Uint8Array | null {
    const captured = this.captures[stream]!;
    const { version, cipher, records } = captured;
    const record = this.captured(stream, row);
    const due = this.dueTo(captured, row - 1);
    if (cipher === null || due === null || record.length < records.length.values[row - 1]!) return null;
    return mended({ protection: protectionOf(this.encrypter, version, cipher), record, ...due }, damage);
  }

  private opened(stream: number, row: number): Uint8Array | null {
    const captured = this.captures[stream]!;
    const { version, cipher, records } = captured;
    const at = row - 1;
    if (cipher === null || at < 0 || at >= records.start.length) return null;
    if (records.type.values[at] === gapType) return null;
    const isOpened = records.authenticated.values[at] === Authenticated.yes;
    // A host tap may hold records that the kernel encrypted itself.
    const isClear = captured.isHostTap && !isOpened;
    if (!isClear && !isOpened) return null;
    const record = this.bytesOf(stream, at);
    if (record === null || isClear) return record?.subarray(0, record.length - tagSize) ?? null;
    const plaintext = this.open(captured, at, record);
    if (plaintext === null) return null;
    const { prepend } = layoutOf(version, cipher);
    record.set(plaintext, prepend);
    return record.subarray(0, prepend + plaintext.length);
  }

  /** The record's right bytes, from header to tag; null if not all of them were captured. */
  private bytesOf(stream: number, at: number): Uint8Array | null {
    const { records, overlays } = this.captures[stream]!;
    const start = records.start.values[at]!;
    const record = new Uint8Array(records.length.values[at]!);
    const laid = overlays.get(at) ?? [];
    if (this.streamOf(stream).read(start, record.length, record) < record.length && laid.length === 0)
      return null;
    for (const { start: from, length, offset } of laid)
      this.copyWindow.copy(offset, length, record, from - start);
    return record;
  }

  private streamOf(stream: number): ByteStream {
    const known = this.streams.get(stream);
    if (known) return known;
    const made = new ByteStream(this.captures[stream]!.pieces, this.window);
    this.streams.set(stream, made);
    return made;
  }

  private open(captured: CapturedRecords, at: number, record: Uint8Array): Uint8Array | null {
    const { version, cipher } = captured;
    const due = this.dueTo(captured, at);
    return due && openRecord(protectionOf(this.encrypter, version, cipher!), due.keys, due.sn, record);
  }

  /** Keys and number of a record; null where one of them is not known. */
  private dueTo(
    { epochs, recSeq0, records }: CapturedRecords,
    at: number,
  ): { keys: RecordKeys; sn: bigint } | null {
    const [epoch, index] = [records.epoch.values[at]!, records.index.values[at]!];
    const keys = epochs[epoch] ?? null;
    return index < 0 || keys === null ? null : { keys, sn: snOf(recSeq0, epoch, index) };
  }
}
