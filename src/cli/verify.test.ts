import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { type Shape, writeCapture } from "../test/bench/captures.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-verify-"));
after(() => rmSync(folder, { recursive: true }));

const shape: Shape = {
  name: "small",
  version: 0x0304,
  bytes: 40_000,
  recordSize: 4000,
  segmentSize: 1448,
  lost: 0,
  dropped: 0,
  ackEvery: 4,
};
const small = writeCapture(folder, shape, 1);
const other = writeCapture(folder, { ...shape, name: "other", version: 0x0303 }, 2);
const bytes = readFileSync(small.file);

const file = (name: string, content: string | Uint8Array): string => {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
};

/** Frames of a little-endian pcap file: where each header lies. */
function framesOf(capture: Buffer): number[] {
  const frames: number[] = [];
  for (let at = 24; at < capture.length; at += 16 + capture.readUInt32LE(at + 8)) frames.push(at);
  return frames;
}

/** The capture as a snapshot length would have left it. */
function snapped(capture: Buffer, size: number): Buffer {
  const parts = framesOf(capture).map((at) => {
    const frame = Buffer.from(capture.subarray(at, at + 16 + Math.min(size, capture.readUInt32LE(at + 8))));
    frame.writeUInt32LE(frame.length - 16, 8);
    return frame;
  });
  return Buffer.concat([capture.subarray(0, 24), ...parts]);
}

/** The capture without these frames, counted from 0. */
const without = (capture: Buffer, ...left: number[]): Buffer =>
  Buffer.concat([
    capture.subarray(0, 24),
    ...framesOf(capture)
      .filter((_, i) => !left.includes(i))
      .map((at) => capture.subarray(at, at + 16 + capture.readUInt32LE(at + 8))),
  ]);

const resumed = path.resolve("src/test/real/stored/gnutls-resumed-id");
const flipped = (at: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed[at]! ^= 1;
  return changed;
};
/** The frames with something of the server's stream, counted from 0; the last ones carry application records. */
const data = framesOf(bytes).flatMap((at, i) => (bytes.readUInt32LE(at + 8) > 300 ? [i] : []));
const middle = framesOf(bytes)[data.at(-10)!]! + 16 + 300;
const damaged = Buffer.from(bytes);
damaged.writeUInt32LE(0x7fffffff, framesOf(bytes).at(-2)! + 8);
const named = (keys: string) => ["--keys", keys];
/** A capture whose keys lie elsewhere, under another name. */
const alone = path.join(folder, "elsewhere", "alone.pcap");
mkdirSync(path.dirname(alone));
const made = writeCapture(folder, { ...shape, name: "alone" }, 3);
renameSync(made.file, alone);
mkdirSync(path.join(folder, "logs"));
renameSync(made.keys, path.join(folder, "logs", "alone.log"));
const strange = file("strange.keys", readFileSync(path.join(folder, "logs", "alone.log"), "utf8"));
const torn = file("torn.keys", `${readFileSync(small.keys, "utf8")}CLIENT_RANDOM 0a1b\n`);
const both = file("both.keys", readFileSync(small.keys, "utf8") + readFileSync(other.keys, "utf8"));

/** What is captured, how it is asked for, the exit status, and what the last line or another one says. */
const verdicts: [what: string, args: string[], status: number, says: RegExp][] = [
  [
    "all records, with keys",
    [small.file, ...named(small.keys)],
    0,
    /^Everything that was compared is right: 10 of 10 records authenticated, (\d+) of \1 bytes compared\.$/m,
  ],
  ["no keys", [small.file, "--keys", both.replace("both", "none")], 2, /^$/],
  ["keys found beside the capture", [small.file], 0, /^keys: .*small\.keys$/m],
  ["no keys wanted", [small.file, "--no-keys"], 3, /^Unchecked.*: no keys are given/m],
  ["keys in a folder of many", [alone, "--keys-dir", path.join(folder, "logs")], 0, /^keys: .*alone\.log$/m],
  [
    "a resumed session alone, by the line of the connection that began it",
    [`${resumed}.pcap`, "--keys", `${resumed}.keys`, "--stream", "*:46212>*"],
    0,
    /^keys: .*gnutls-resumed-id\.keys$/m,
  ],
  [
    "right keys and others that fit nothing",
    [small.file, "--keys", small.keys, strange],
    3,
    /strange\.keys has keys of other sessions only/,
  ],
  [
    "right keys with a line that is none",
    [small.file, ...named(torn)],
    3,
    /^Unchecked.*1 line\(s\) of the key log/m,
  ],
  [
    "another session's keys",
    [small.file, ...named(other.keys)],
    3,
    /^Unchecked, so nothing is said to be right: .*other\.keys has keys of other sessions only/m,
  ],
  [
    "another session's keys, allowed",
    [small.file, ...named(other.keys), "--allow-unchecked"],
    0,
    /^Unchecked/m,
  ],
  [
    "a bit flipped",
    [file("flipped.pcap", flipped(middle)), ...named(small.keys)],
    1,
    /^Something is wrong: wrong bytes in 1 stream/m,
  ],
  [
    "a bit flipped, unchecked allowed",
    [path.join(folder, "flipped.pcap"), ...named(small.keys), "--allow-unchecked"],
    1,
    /WRONG frame \d+/,
  ],
  [
    "a packet that is missing",
    [file("hole.pcap", without(bytes, data.at(-10)!)), ...named(small.keys)],
    0,
    /not compared: .*: the capture lacks bytes$/m,
  ],
  [
    "an end within a record",
    [file("short.pcap", without(bytes, data.at(-1)!)), ...named(small.keys)],
    0,
    /not compared: 1 record, .*: its last record is not whole$/m,
  ],
  [
    "packets that are cut",
    [file("snapped.pcap", snapped(bytes, 400)), ...named(small.keys)],
    3,
    /^Unchecked/m,
  ],
  [
    "a file that is damaged behind right records",
    [file("damaged.pcap", damaged), ...named(small.keys)],
    2,
    /^Unreadable, so nothing is said to be right: .*damaged/m,
  ],
  [
    "no TLS at all",
    [file("bare.pcap", bytes.subarray(0, 24)), ...named(small.keys)],
    3,
    /no TLS stream was found/,
  ],
  [
    "crypto_info with an error beside right keys",
    [small.file, ...named(small.keys), file("info.json", "{}")],
    3,
    /^Unchecked.*"version" must be/m,
  ],
  [
    "a host's own tap",
    [small.file, ...named(small.keys), "--tap", "host"],
    3,
    /^Unchecked.*: it was taken before the NIC/m,
  ],
  ["a trace file", ["media/samples/in-order.tlstrace"], 3, /^Unchecked.*holds no captured bytes/m],
];
for (const [what, args, expected, says] of verdicts) {
  test(`verify, ${what}: status ${expected}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli.js", "verify", ...args], {
      encoding: "utf8",
    });
    assert.equal(status, expected, stdout + stderr);
    assert.match(stdout, says);
    assert.ok(status !== 0 || !/: error: /.test(stderr), stderr);
  });
}
