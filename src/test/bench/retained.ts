import { rmSync } from "node:fs";
import { type CaptureFile, smallPackets, writeCapture } from "./captures.ts";
import type { Result } from "./goals.ts";
import { spreadOf } from "./measure.ts";
import { openCapture } from "./reading.ts";

/** Bytes alive after a collection: heap, typed arrays and what else lies outside the heap. */
function bytesAlive(): number {
  // Twice: the first one finds what the second one's finalisers free.
  global.gc!();
  global.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that an opened capture of so many packets holds. */
async function bytesHeld(capture: CaptureFile): Promise<{ bytes: number; packets: number }> {
  const before = bytesAlive();
  const { timeline, close } = await openCapture(capture);
  const bytes = bytesAlive() - before;
  close();
  const { events } = timeline.trace;
  return { bytes, packets: events.line.at(events.count - 1) };
}

/** Memory for one packet more of a capture, verified and run: the slope between 100 k and 1 M packets. */
export async function measureRetained(folder: string): Promise<Result[]> {
  const held: { bytes: number; packets: number }[] = [];
  for (const packets of [1e5, 1e6]) {
    const capture = writeCapture(folder, smallPackets(packets), 3);
    held.push(await bytesHeld(capture));
    rmSync(capture.file);
  }
  const [small, large] = held as [(typeof held)[0], (typeof held)[0]];
  const slope = (large.bytes - small.bytes) / (large.packets - small.packets);
  return [
    {
      id: "P11",
      what: "memory for one packet more, 100 k to 1 M",
      measured: spreadOf([slope]),
      floor: 96,
      aim: 56,
      unit: "B",
      isCeiling: true,
    },
  ];
}
