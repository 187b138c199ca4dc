/** Stored captures of two connections: the second resumes the session of the first, whose line alone is in the key log. */
import { readFileSync } from "node:fs";
import type { CaptureBytes } from "../captures.ts";

/** A capture of such a pair, a packet after the other with their headers in the file. */
export interface ResumedCapture {
  /** How the session is named. */
  by: "id" | "ticket";
  keyLog: string;
  first: Buffer[];
  second: Buffer[];
}

const stored = (by: string, ending: string) =>
  readFileSync(`src/test/real/stored/gnutls-resumed-${by}${ending}`);
/** Bytes of a pcap file's header, of a packet's, and of Ethernet's and IPv4's. */
const [fileHeader, packetHeader, below] = [24, 16, 34];

/** The packets of each connection in a capture file, in order. */
export function connectionsOf(bytes: Buffer): Buffer[][] {
  const found = new Map<number, Buffer[]>();
  for (let at = fileHeader; at < bytes.length; ) {
    const end = at + packetHeader + bytes.readUInt32LE(at + 8);
    const [from, to] = [0, 2].map((offset) => bytes.readUInt16BE(at + packetHeader + below + offset));
    const key = from! * to!;
    found.set(key, [...(found.get(key) ?? []), bytes.subarray(at, end)]);
    at = end;
  }
  return [...found.values()];
}

export const resumedCaptures: readonly ResumedCapture[] = (["id", "ticket"] as const).map((by) => {
  const [first, second] = connectionsOf(stored(by, ".pcap"));
  return { by, keyLog: stored(by, ".keys").toString(), first: first!, second: second! };
});

/** Packets as a capture file with those key logs. */
export const captureOf = (keyLogs: string[], ...packets: Buffer[][]): CaptureBytes => ({
  bytes: new Uint8Array(Buffer.concat([stored("id", ".pcap").subarray(0, fileHeader), ...packets.flat()])),
  keyLogs,
  cryptoInfos: [],
});
