import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { shapes, writeCapture } from "../../bench/captures.ts";

const capture = readFileSync("media/samples/lossy.pcap");
const keys = readFileSync("media/samples/lossy.keys", "utf8");

/** The frames of a capture (pcap, little endian), each with its header of 16 bytes. */
function framesOf(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 24; at < file.length; ) {
    const end = at + 16 + file.readUInt32LE(at + 8);
    found.push(file.subarray(at, end));
    at = end;
  }
  return found;
}
const frames = framesOf(capture);
/** A capture of frames. */
export const withFrames = (given: readonly Buffer[]) => Buffer.concat([capture.subarray(0, 24), ...given]);

/** Behind a frame's header, Ethernet and IPv4: source and destination port. */
const portsAt = 16 + 14 + 20;
const serverPort = 20019;

/** The sample's beginning, as of so many clients: each has a port of its own. */
function manyClients(count: number): Buffer {
  const clients = Array.from({ length: count }, (_, client) =>
    frames.slice(0, 40).map((frame) => {
      const copy = Buffer.from(frame);
      const at = copy.readUInt16BE(portsAt) === serverPort ? portsAt + 2 : portsAt;
      copy.writeUInt16BE(30000 + client, at);
      return copy;
    }),
  );
  return withFrames(clients.flat());
}

/** Frames of TCP alone: those of the handshake of TCP, and acknowledgements. */
const withoutTls = withFrames(frames.filter((frame) => frame.length < 16 + 14 + 20 + 20 + 40));

/** What is opened here, by its name: what the page says of it. */
export const odd: Readonly<Record<string, { bytes: Buffer; heading: RegExp; says: RegExp }>> = {
  "empty.pcap": { bytes: Buffer.alloc(0), heading: /Unreadable/, says: /empty\.pcap is empty/ },
  "noise.pcapng": {
    bytes: Buffer.from("This is no capture at all, whatever its name says."),
    heading: /Unreadable/,
    says: /neither a capture/,
  },
  "cut.pcap": {
    bytes: capture.subarray(0, 5000),
    heading: /Unchecked/,
    says: /10 packets.*the file ends within the record at byte 4608, behind frame 10/s,
  },
  "no-tls.pcap": { bytes: withoutTls, heading: /Unchecked/, says: /no TLS/i },
  "zipped.pcap.gz": { bytes: gzipSync(capture), heading: /Right/, says: /181 packets, 2 TLS streams/ },
  "many.pcap": {
    bytes: manyClients(100),
    heading: /Right|Unchecked/,
    says: /4,000 packets, 200 TLS streams/,
  },
};

/** A capture whose keys lie elsewhere in the workspace, one that grows, and keys that fit nothing. */
export const [offered, growing, stranger] = ["offered.pcap", "growing.pcap", "stranger.keylog"];
/** A session that no other key log of the folder has: its first packets, all of it, and its keys. */
export const grown = (() => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-grown-"));
  const { file, keys: log } = writeCapture(folder, { ...shapes.lossy, name: "grown", bytes: 200_000 }, 77);
  const all = framesOf(readFileSync(file));
  const made = { half: all.slice(0, 60), whole: all, keys: readFileSync(log, "utf8") };
  rmSync(folder, { recursive: true, force: true });
  return made;
})();

/** Writes them into the folder that is open. */
export function writeCaptures(folder: string): void {
  for (const [name, { bytes }] of Object.entries(odd)) writeFileSync(path.join(folder, name), bytes);
  for (const name of ["zipped.keys", "many.keys"]) writeFileSync(path.join(folder, name), keys);
  cpSync("media/samples/upload.pcap", path.join(folder, offered!));
  writeFileSync(path.join(folder, growing!), withFrames(grown.half));
  writeFileSync(path.join(folder, stranger!), keys.replace(/ [0-9a-f]{64} /gi, ` ${"5".repeat(64)} `));
}
