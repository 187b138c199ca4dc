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
/** The ports of the first connections' clients. */
const firstPorts = { id: 46204, ticket: 51052 };

export const resumedCaptures: readonly ResumedCapture[] = (["id", "ticket"] as const).map((by) => {
  const bytes = stored(by, ".pcap");
  const both: [Buffer[], Buffer[]] = [[], []];
  for (let at = fileHeader; at < bytes.length; ) {
    const end = at + packetHeader + bytes.readUInt32LE(at + 8);
    const ports = [0, 2].map((offset) => bytes.readUInt16BE(at + packetHeader + below + offset));
    both[ports.includes(firstPorts[by]) ? 0 : 1].push(bytes.subarray(at, end));
    at = end;
  }
  return { by, keyLog: stored(by, ".keys").toString(), first: both[0], second: both[1] };
});

/** Packets as a capture file with those key logs. */
export const captureOf = (keyLogs: string[], ...packets: Buffer[][]): CaptureBytes => ({
  bytes: new Uint8Array(Buffer.concat([stored("id", ".pcap").subarray(0, fileHeader), ...packets.flat()])),
  keyLogs,
  cryptoInfos: [],
});
