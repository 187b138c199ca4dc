// trace/pcap: capture files, packets, flows, segments.

import { type FileAccess, type Platform, type Progress, UserError } from "../platform.ts";
import { u32be } from "./bytes.ts";
import { type Container, readChunks } from "./chunks.ts";
import { type Copies, Frames } from "./frames.ts";
import { isPcapMagic, Pcap } from "./pcap.ts";
import { Pcapng, pcapngMagic } from "./pcapng.ts";
import type { Segments } from "./segments.ts";

export type CaptureFormat = "pcap" | "pcapng" | "gzip";

/** Most bytes that a compressed capture may have when inflated: they lie on the disk meanwhile. */
export const inflatedSizeMax = 16 * 2 ** 30;

/** What a file is by its first bytes; null = no capture. */
export function captureFormat(file: FileAccess): CaptureFormat | null {
  const magic = file.read(0, 4);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return "gzip";
  if (magic.length < 4) return null;
  if (isPcapMagic(u32be(magic, 0))) return "pcap";
  return u32be(magic, 0) === pcapngMagic ? "pcapng" : null;
}

/**
 * The file itself, or what a gzip file holds; whoever closes the file lets go of both. Throws UserError if it cannot be
 * inflated, and Cancelled.
 */
export async function openCaptureFile(
  file: FileAccess,
  { gunzip }: Platform,
  progress: Progress,
  sizeMax = inflatedSizeMax,
): Promise<FileAccess> {
  if (captureFormat(file) !== "gzip") return file;
  const inflated = await gunzip(file, sizeMax, progress);
  const close = file.close?.bind(file);
  file.close = () => {
    inflated.close?.();
    close?.();
  };
  return inflated;
}

/** Bytes in memory as a file. */
export const memoryFile = (name: string, bytes: Uint8Array): FileAccess => ({
  name,
  size: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

/**
 * The TCP segments of a pcap or pcapng file. Damage is a diagnostic and ends the reading there; only a file that
 * is no capture at all, one that cannot be read, and Cancelled are thrown.
 */
export async function readSegments(
  file: FileAccess,
  progress: Progress,
  copies: Copies = "drop",
): Promise<Segments> {
  const frames = new Frames(file, copies);
  await readChunks(file, containerOf(file, frames), frames, progress);
  return frames.finish(file.name);
}

/** What takes the file's records apart and gives them to `frames`; throws UserError if it is no capture. */
export function containerOf(file: FileAccess, frames: Frames): Container {
  const format = captureFormat(file);
  if (format === "pcap") return new Pcap(frames, file.size);
  if (format === "pcapng") return new Pcapng(frames, file.size);
  throw new UserError(
    `${file.name} is not a capture: expected pcap or pcapng, as tcpdump and Wireshark write`,
  );
}
