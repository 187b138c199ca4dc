import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** A byte of a frame of media/samples/lossy.pcap, counted from the frame's end. */
export interface Flip {
  frame: number;
  fromEnd: number;
}

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-flipped-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const sample = readFileSync("media/samples/lossy.pcap");
const keys = readFileSync("media/samples/lossy.keys");

/** The bit of a byte that is flipped. */
export const flippedBit = 0x40;

/** Where a frame's bytes lie in the file: behind 24 bytes of its header and 16 of each frame's (pcap, little endian). */
function frameAt(frame: number): { start: number; end: number } {
  let at = 24;
  for (let n = 1; n < frame; n++) at += 16 + sample.readUInt32LE(at + 8);
  return { start: at + 16, end: at + 16 + sample.readUInt32LE(at + 8) };
}

/** The byte of the sample that a flip changes. */
export const byteOf = ({ frame, fromEnd }: Flip): number => sample[frameAt(frame).end - fromEnd]!;

/** The sample with these bits flipped, as a file with its keys beside it: what a broken NIC would have sent. */
export function flippedCapture(name: string, ...flips: Flip[]): string {
  const bytes = Buffer.from(sample);
  for (const { frame, fromEnd } of flips) bytes[frameAt(frame).end - fromEnd]! ^= flippedBit;
  const file = path.join(folder, `${name}.pcap`);
  writeFileSync(file, bytes);
  writeFileSync(path.join(folder, `${name}.keys`), keys);
  return file;
}

/** A file beside these captures. */
export function fileBeside(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}
