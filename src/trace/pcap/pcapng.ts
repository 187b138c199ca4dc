import { counted } from "../visible.ts";
import { u16, u32 } from "./bytes.ts";
import { type Container, frameSizeMax, reportCut, reportDamage } from "./chunks.ts";
import type { Frames } from "./frames.ts";
import { CaptureClock } from "./pcapng-time.ts";

/** Block types (draft-ietf-opsawg-pcapng §4 and appendix A). */
const Block = {
  section: 0x0a0d0d0a,
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  enhancedPacket: 6,
  secrets: 10,
} as const;

/** The section header's type reads the same in both byte orders. */
export const pcapngMagic = Block.section;
const byteOrderMagic = 0x1a2b3c4d;
const tlsKeyLog = 0x544c534b;

/** Least bytes of a block, from its type to its second length; 0 for a type that is skipped. */
function blockSizeMin(type: number): number {
  switch (type) {
    case Block.section:
      return 28;
    case Block.interface:
    case Block.secrets:
      return 20;
    case Block.simplePacket:
      return 16;
    case Block.obsoletePacket:
    case Block.enhancedPacket:
      return 32;
    default:
      return 0;
  }
}

/** Most bytes of a block that is read as a whole: a frame with options and comments, or a key log. */
const packetBlockSizeMax = 2 * frameSizeMax;
const secretsSizeMax = 1 << 26;
const interfacesMax = 1 << 16;

interface Interface {
  linkType: number;
  snapLength: number;
  clock: CaptureClock;
}

/** The blocks of a pcapng file. */
export class Pcapng implements Container {
  need = 12;
  stopped = false;

  private readonly frames: Frames;
  private readonly fileSize: number;
  private little = true;
  private interfaces: Interface[] = [];
  /** Absolute time of the capture's first frame, null before it. */
  private originNs: bigint | null = null;
  private lastTimeNs = 0;
  private secretsSize = 0;

  constructor(frames: Frames, fileSize: number) {
    this.frames = frames;
    this.fileSize = fileSize;
  }

  take(bytes: Uint8Array, offset: number): number {
    let at = 0;
    this.need = 12;
    while (at + 12 <= bytes.length) {
      const type = u32(bytes, at, this.little);
      if (type === Block.section) this.little = u32(bytes, at + 8, true) === byteOrderMagic;
      const total = u32(bytes, at + 4, this.little);
      if (!this.isWhole(bytes, at, offset, type, total)) break;
      const isRead = blockSizeMin(type) > 0;
      if (isRead && at + total > bytes.length) {
        this.need = total;
        break;
      }
      if (isRead) this.takeBlock(type, bytes, at, total, offset);
      if (this.stopped) break;
      at += total;
    }
    return at;
  }

  /** Whether the block at an index makes sense and lies in the file; a diagnostic and the end of reading if not. */
  private isWhole(bytes: Uint8Array, at: number, offset: number, type: number, total: number): boolean {
    const sizeMin = blockSizeMin(type);
    const sizeMax = type === Block.secrets ? secretsSizeMax : packetBlockSizeMax;
    let damage: string | null = null;
    if (type === Block.section && !this.little && u32(bytes, at + 8, false) !== byteOrderMagic) {
      damage = "a section header has no byte-order mark";
    } else if (total % 4 !== 0 || total < Math.max(sizeMin, 12) || (sizeMin > 0 && total > sizeMax)) {
      damage = `a block of type 0x${type.toString(16)} claims ${counted(total, "byte")}`;
    }
    if (damage !== null) reportDamage(this.frames, offset + at, damage);
    else if (offset + at + total > this.fileSize) reportCut(this.frames, offset + at);
    else return true;
    this.stopped = true;
    return false;
  }

  private takeBlock(type: number, bytes: Uint8Array, at: number, total: number, offset: number): void {
    if (type === Block.enhancedPacket || type === Block.obsoletePacket) {
      this.takePacket(type, bytes, at, total, offset);
    } else if (type === Block.simplePacket) this.takeSimplePacket(bytes, at, total, offset);
    else if (type === Block.interface) this.takeInterface(bytes, at, total, offset);
    else if (type === Block.secrets) this.takeSecrets(bytes, at, total);
    else this.interfaces = [];
    if (u32(bytes, at + total - 4, this.little) !== total) this.frames.note("trailerWrong");
  }

  private takeInterface(bytes: Uint8Array, at: number, total: number, offset: number): void {
    if (this.interfaces.length >= interfacesMax) {
      reportDamage(this.frames, offset + at, `more than ${interfacesMax} interfaces in one section`);
      this.stopped = true;
      return;
    }
    this.interfaces.push({
      linkType: u16(bytes, at + 8, this.little),
      snapLength: u32(bytes, at + 12, this.little),
      clock: new CaptureClock(bytes, at + 16, at + total - 4, this.little),
    });
  }

  /** Enhanced packets and their predecessor differ in the width of the interface number only. */
  private takePacket(type: number, bytes: Uint8Array, at: number, total: number, offset: number): void {
    const little = this.little;
    const id = type === Block.enhancedPacket ? u32(bytes, at + 8, little) : u16(bytes, at + 8, little);
    const { clock } = this.interfaces[id] ?? {};
    if (clock) {
      const high = u32(bytes, at + 12, little);
      const low = u32(bytes, at + 16, little);
      this.originNs ??= clock.absoluteNs(high, low);
      this.lastTimeNs = clock.sinceNs(this.originNs, high, low);
    }
    const { frame } = this.frames;
    frame.start = at + 28;
    frame.captured = u32(bytes, at + 20, little);
    frame.size = u32(bytes, at + 24, little);
    this.add(bytes, id, offset, at + total);
  }

  /** Simple packets have neither time nor interface: the first interface, the time of the frame before. */
  private takeSimplePacket(bytes: Uint8Array, at: number, total: number, offset: number): void {
    const size = u32(bytes, at + 8, this.little);
    const snapLength = this.interfaces[0]?.snapLength || frameSizeMax;
    const { frame } = this.frames;
    frame.start = at + 12;
    frame.captured = Math.min(size, snapLength, total - 16);
    frame.size = size;
    this.add(bytes, 0, offset, at + total);
  }

  /** Adds the frame, of which start and sizes are filled in; its block ends at `end`. */
  private add(bytes: Uint8Array, id: number, offset: number, end: number): void {
    const { frames } = this;
    const { frame } = frames;
    const { start, captured } = frame;
    if (captured === 0) {
      frames.addEmpty();
      return;
    }
    const room = end - 4 - start;
    frame.bytes = bytes;
    frame.captured = Math.min(captured, room);
    frame.linkType = this.interfaces[id]?.linkType ?? -1;
    frame.interface = id;
    frame.offset = offset + start;
    frame.timeNs = this.lastTimeNs;
    frames.add();
    if (frame.linkType < 0) frames.note("noInterface");
    if (captured > room) frames.note("overlong");
  }

  private takeSecrets(bytes: Uint8Array, at: number, total: number): void {
    if (u32(bytes, at + 8, this.little) !== tlsKeyLog) return;
    const length = Math.min(u32(bytes, at + 12, this.little), total - 20);
    this.secretsSize += length;
    if (this.secretsSize > secretsSizeMax) this.frames.note("secretsTooLarge");
    else this.frames.secrets.push(new TextDecoder().decode(bytes.subarray(at + 16, at + 16 + length)));
  }
}
