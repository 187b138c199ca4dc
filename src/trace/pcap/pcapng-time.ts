import { u16, u32 } from "./bytes.ts";

const Option = { end: 0, timeResolution: 9, timeOffset: 14 } as const;
const nsPerSecond = 1_000_000_000n;

/**
 * An interface's timestamps (if_tsresol, if_tsoffset; draft-ietf-opsawg-pcapng §4.2). Absolute times do not fit a
 * double in nanoseconds, so each interface remembers one timestamp exactly and measures from it.
 */
export class CaptureClock {
  /** Units a second: a power of 10 or of 2. */
  private unitsPerSecond = 1_000_000n;
  private offsetSeconds = 0n;
  private nsPerUnit = 1000;
  /** The first timestamp asked for and its distance from the capture's first frame; −1 before. */
  private firstHigh = -1;
  private firstLow = 0;
  private firstNs = 0;

  /** Reads the options of an interface block in [at, end). */
  constructor(bytes: Uint8Array, at: number, end: number, little: boolean) {
    while (at + 4 <= end) {
      const code = u16(bytes, at, little);
      const length = u16(bytes, at + 2, little);
      const value = at + 4;
      if (code === Option.end || value + length > end) break;
      if (code === Option.timeResolution && length === 1) this.setResolution(bytes[value]!);
      if (code === Option.timeOffset && length === 8) {
        const high = u32(bytes, little ? value + 4 : value, little);
        const low = u32(bytes, little ? value : value + 4, little);
        this.offsetSeconds = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
      }
      at = value + ((length + 3) & ~3);
    }
  }

  /** A timestamp in nanoseconds since 1970. */
  absoluteNs(high: number, low: number): bigint {
    const units = (BigInt(high) << 32n) | BigInt(low);
    return (units * nsPerSecond) / this.unitsPerSecond + this.offsetSeconds * nsPerSecond;
  }

  /** A timestamp in nanoseconds since an absolute time, which must be the same on each call. */
  sinceNs(originNs: bigint, high: number, low: number): number {
    if (this.firstHigh < 0) {
      this.firstHigh = high;
      this.firstLow = low;
      this.firstNs = Number(this.absoluteNs(high, low) - originNs);
    }
    const units = (high - this.firstHigh) * 2 ** 32 + (low - this.firstLow);
    return this.firstNs + units * this.nsPerUnit;
  }

  private setResolution(resolution: number): void {
    const exponent = BigInt(resolution & 0x7f);
    this.unitsPerSecond = resolution & 0x80 ? 1n << exponent : 10n ** exponent;
    this.nsPerUnit = 1e9 / Number(this.unitsPerSecond);
  }
}
