import { u32 } from "./bytes.ts";
import { type Container, frameSizeMax, reportCut, reportDamage } from "./chunks.ts";
import type { Frames } from "./frames.ts";
import { headersSizeMax } from "./headers/packet.ts";

/** First four bytes of a pcap file, as a big-endian number, and what they say about the rest. */
interface PcapForm {
  little: boolean;
  nsPerUnit: number;
  /** 24 in the form with interface and protocol behind each record's lengths, else 16. */
  recordHeaderSize: number;
}

const forms = new Map<number, PcapForm>([
  [0xa1b2c3d4, { little: false, nsPerUnit: 1000, recordHeaderSize: 16 }],
  [0xd4c3b2a1, { little: true, nsPerUnit: 1000, recordHeaderSize: 16 }],
  [0xa1b23c4d, { little: false, nsPerUnit: 1, recordHeaderSize: 16 }],
  [0x4d3cb2a1, { little: true, nsPerUnit: 1, recordHeaderSize: 16 }],
  [0xa1b2cd34, { little: false, nsPerUnit: 1000, recordHeaderSize: 24 }],
  [0x34cdb2a1, { little: true, nsPerUnit: 1000, recordHeaderSize: 24 }],
]);

export const isPcapMagic = (magic: number): boolean => forms.has(magic);

const fileHeaderSize = 24;

/** The records of a pcap file (draft-ietf-opsawg-pcap). */
export class Pcap implements Container {
  need = fileHeaderSize;
  stopped = false;

  private readonly frames: Frames;
  private readonly fileSize: number;
  private form: PcapForm = { little: true, nsPerUnit: 1000, recordHeaderSize: 16 };
  private linkType = 0;
  /** Time of the first frame, −1 before it. */
  private firstSeconds = -1;
  private firstFraction = 0;

  constructor(frames: Frames, fileSize: number) {
    this.frames = frames;
    this.fileSize = fileSize;
  }

  take(bytes: Uint8Array, offset: number): number {
    if (bytes.length < this.need) return 0;
    let at = offset === 0 ? this.takeFileHeader(bytes) : 0;
    const { little, recordHeaderSize } = this.form;
    this.need = recordHeaderSize;
    while (at + recordHeaderSize <= bytes.length) {
      const captured = u32(bytes, at + 8, little);
      if (captured === 0) {
        this.frames.addEmpty();
        at += recordHeaderSize;
        continue;
      }
      const start = at + recordHeaderSize;
      if (!this.isWhole(offset + at, captured)) break;
      if (start + Math.min(captured, headersSizeMax) > bytes.length) {
        this.need = recordHeaderSize + Math.min(captured, headersSizeMax);
        break;
      }
      this.fill(bytes, at, captured, offset + start);
      this.frames.add();
      at = start + captured;
    }
    return at;
  }

  /** Fills in the frame of the record at `at`; `offset` is where it lies in the file. */
  private fill(bytes: Uint8Array, at: number, captured: number, offset: number): void {
    const { little, recordHeaderSize } = this.form;
    const { frame } = this.frames;
    frame.bytes = bytes;
    frame.start = at + recordHeaderSize;
    frame.captured = captured;
    frame.size = u32(bytes, at + 12, little);
    frame.linkType = this.linkType;
    frame.offset = offset;
    frame.timeNs = this.timeNs(bytes, at);
  }

  private takeFileHeader(bytes: Uint8Array): number {
    this.form = forms.get(u32(bytes, 0, false)) ?? this.form;
    // The upper bits tell of frame check sequences, which lie behind the IP packet and do no harm.
    this.linkType = u32(bytes, 20, this.form.little) & 0x03ffffff;
    return fileHeaderSize;
  }

  /** Whether the record at a byte offset lies in the file; a diagnostic and the end of reading if not. */
  private isWhole(offset: number, captured: number): boolean {
    if (captured > frameSizeMax) {
      reportDamage(this.frames, offset, `a record claims ${captured} captured bytes`);
      this.stopped = true;
    } else if (offset + this.form.recordHeaderSize + captured > this.fileSize) {
      reportCut(this.frames, offset);
      this.stopped = true;
    }
    return !this.stopped;
  }

  private timeNs(bytes: Uint8Array, at: number): number {
    const { little, nsPerUnit } = this.form;
    const seconds = u32(bytes, at, little);
    const fraction = u32(bytes, at + 4, little);
    if (this.firstSeconds < 0) {
      this.firstSeconds = seconds;
      this.firstFraction = fraction;
    }
    return (seconds - this.firstSeconds) * 1e9 + (fraction - this.firstFraction) * nsPerUnit;
  }
}
