import { memoryFile } from "../trace/pcap/capture-file.ts";
import { Cancelled, type FileAccess, type Progress, UserError } from "../trace/platform.ts";
import { fileSizeMax, mebibytes } from "./file-size.ts";

/** Bytes given to inflate at once. */
const pieceSize = 1 << 18;

/**
 * Inflates gzip into memory, at most `sizeMax` bytes and what a browser opens. Throws UserError where it would be more
 * or is damaged, and Cancelled.
 */
export async function gunzip(file: FileAccess, sizeMax: number, progress: Progress): Promise<FileAccess> {
  const max = Math.min(sizeMax, fileSizeMax);
  let taken = 0;
  const deflated = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (taken >= file.size) return controller.close();
      controller.enqueue(new Uint8Array(file.read(taken, pieceSize)));
      taken += pieceSize;
    },
  });
  const inflated = deflated.pipeThrough(new DecompressionStream("gzip")).getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (let read = await inflated.read(); !read.done; read = await inflated.read()) {
      size += read.value.length;
      if (size > max)
        throw new UserError(
          `${file.name} inflates to more than ${mebibytes(max)}, and is opened in a browser: open it on a desktop`,
        );
      pieces.push(read.value);
      await progress.tick(Math.min(taken, file.size), file.size, "inflating");
    }
  } catch (error) {
    void inflated.cancel().catch(() => {}); // It has failed already, or ends here.
    if (error instanceof UserError || error instanceof Cancelled) throw error;
    throw new UserError(
      `${file.name} is damaged or cut short as a gzip file: \`gzip -dc\` may still save its beginning`,
    );
  }
  return memoryFile(file.name, joined(pieces, size));
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Bytes given to inflate, and taken of it, of what is only looked into. */
const deflatedHead = 1 << 16;
const inflatedHeadMax = 1 << 22;

/** The beginning of what a file holds, inflated if it is gzip; as far as it goes of one that is damaged. */
export async function inflatedHead(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const head = new Blob([new Uint8Array(bytes.subarray(0, deflatedHead))]).stream();
  const inflated = head.pipeThrough(new DecompressionStream("gzip")).getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (
      let read = await inflated.read();
      !read.done && size < inflatedHeadMax;
      read = await inflated.read()
    ) {
      pieces.push(read.value);
      size += read.value.length;
    }
  } catch {
    // The head of a longer file ends in the middle.
  }
  void inflated.cancel().catch(() => {});
  return joined(pieces, size);
}
