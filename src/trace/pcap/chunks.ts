import type { FileAccess, Progress } from "../platform.ts";
import type { Frames } from "./frames.ts";

/** Bytes asked of a file at once, which fit a processor's second-level cache; a read that needs more asks for more. */
const chunkSize = 1 << 18;

/** Most bytes of one frame: offloaded segments reach half of it (BIG TCP), anything larger is damage. */
export const frameSizeMax = 1 << 20;

/** A capture format, taking whole records off the front of the file piece by piece. */
export interface Container {
  /**
   * Reads the records at the front of `bytes`, which lie at `offset` in the file. Returns the bytes used, beyond
   * bytes.length where it skips; `need` then says how many bytes the next record takes to be read.
   */
  take(bytes: Uint8Array, offset: number): number;
  need: number;
  /** Set when nothing behind this place can be read; the reason is among the diagnostics. */
  stopped: boolean;
}

/** Walks a file through a container; a file that ends early is a diagnostic. */
export async function readChunks(
  file: FileAccess,
  container: Container,
  frames: Frames,
  progress: Progress,
): Promise<void> {
  const read = reusingReader(file);
  let offset = 0;
  while (offset < file.size) {
    await progress.tick(offset, file.size, "reading packets");
    const asked = Math.max(chunkSize, container.need);
    const bytes = read(offset, asked);
    const used = container.take(bytes, offset);
    if (container.stopped) return;
    if (used === 0 && bytes.length < Math.min(asked, container.need)) break;
    offset += used;
  }
  if (offset !== file.size) reportCut(frames, Math.min(offset, file.size));
}

/** Reads that overwrite what the read before gave, where the file can: fresh buffers cost more than the reading. */
function reusingReader(file: FileAccess): FileAccess["read"] {
  if (!file.readInto) return (offset, length) => file.read(offset, length);
  let buffer = new Uint8Array(0);
  return (offset, length) => {
    if (buffer.length < length) buffer = new Uint8Array(length);
    const target = buffer.subarray(0, Math.min(length, file.size - offset));
    return target.subarray(0, file.readInto!(offset, target));
  };
}

/** The file ends within the record that begins at a byte offset. */
export function reportCut(frames: Frames, offset: number): void {
  const message = `the file ends within the record at byte ${offset}, behind frame ${frames.count}: it was cut short; the frames before it are read`;
  frames.diagnostics.push({ severity: "warning", message, frame: frames.count });
}

/** Something at a byte offset makes no sense, and nothing behind it can be trusted. */
export function reportDamage(frames: Frames, offset: number, what: string): void {
  const message = `damaged at byte ${offset}, behind frame ${frames.count}: ${what}; the frames before it are read, the rest is not`;
  frames.diagnostics.push({ severity: "error", message, frame: frames.count });
}
