import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RecordKeys, TlsVersion } from "../../core/base/record.ts";
import { nodePlatform } from "../../node/platform.ts";
import { Sealer } from "../../test/bench/tls-session.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import { keys13, nextSecret } from "../keys/secrets.ts";
import { memoryFile } from "../pcap/capture-file.ts";
import { SegmentLog } from "../pcap/segments.ts";
import { FileWindow } from "../pcap/window.ts";
import { noProgress } from "../platform.ts";
import { Assembly } from "./assembly.ts";
import { Trials } from "./damage/origin.ts";
import { protectionOf } from "./decrypt.ts";
import type { Start } from "./start.ts";
import { type Walked, Walker } from "./walk.ts";

const range = (size: number, from: number) => Uint8Array.from({ length: size }, (_, i) => from + i);
const secret = range(32, 7);
const renewed = { key: range(16, 40), salt: range(4, 9), iv: new Uint8Array(8) };
/** A KeyUpdate (RFC 8446 §4.6.3). */
const keyUpdate = Uint8Array.of(24, 0, 0, 1, 0);

const firstKeys = (version: TlsVersion): RecordKeys =>
  version === 0x0304
    ? keys13("sha256", "aes-128-gcm", secret)
    : { key: range(16, 1), salt: range(4, 5), iv: new Uint8Array(8) };

/** What is known of a stream before it is followed. */
interface Known {
  start: Start;
  renewals: RecordKeys[];
}

function knownOf(version: TlsVersion, random: () => number): Known {
  const isTls12 = version === 0x0303;
  const suite = { id: 0, cipherName: "aes-128-gcm", cipher: "aes-128-gcm", hash: "sha256" } as const;
  const isKnown = random() < 0.9;
  const start = {
    position: 0,
    version,
    suite,
    recSeq0: 0n,
    keys: isKnown ? firstKeys(version) : null,
    secret: isTls12 || !isKnown ? null : secret,
    others: [],
    nonce: isTls12 && random() < 0.5 ? 0x1122334455667788n : null,
    keysFit: true,
    plainFinished: false,
    lack: null,
  };
  return { start, renewals: [renewed] };
}

/** The bytes of a stream of records, with changes of keys on the way, and some of its bytes damaged. */
function streamOf({ start, renewals }: Known, random: () => number): Uint8Array {
  const { version } = start;
  const isTls12 = version === 0x0303;
  let traffic: Uint8Array = secret;
  let sealer = new Sealer(version, firstKeys(version));
  const records: Uint8Array[] = [];
  const count = 4 + Math.floor(random() * 30);
  for (let i = 0; i < count; i++) {
    if (random() >= 0.12) {
      records.push(sealer.seal(23, range(Math.floor(random() ** 3 * 400), i)));
      continue;
    }
    if (isTls12) {
      records.push(sealer.seal(20, Uint8Array.of(1)));
      if (renewals.length > 0) sealer = new Sealer(version, renewals[0]!);
      continue;
    }
    const cut = Math.floor(random() * 6);
    for (const part of [keyUpdate.subarray(0, cut), keyUpdate.subarray(cut)])
      if (part.length > 0) records.push(sealer.seal(22, part));
    traffic = nextSecret("sha256", traffic);
    sealer = new Sealer(version, keys13("sha256", "aes-128-gcm", traffic));
  }
  const bytes = new Uint8Array(Buffer.concat(records));
  for (let damaged = Math.floor(random() ** 2 * 5); damaged > 0; damaged--)
    bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
  return bytes;
}

/** A stream cut into segments, some lost, late, cut by the capture or repeated (and damaged), as a log and its file. */
function segmentsOf(stream: Uint8Array, random: () => number): { log: SegmentLog; file: Uint8Array } {
  const sent: { due: number; at: number; bytes: Uint8Array; captured: number }[] = [];
  const share = random() ** 2 * 0.3;
  const sizeMax = 20 + Math.floor(random() * 300);
  for (let at = 0, count = 0; at < stream.length; count++) {
    const bytes = stream.slice(at, at + 1 + Math.floor(random() * sizeMax));
    const late = () => (random() < share ? random() * 30 : 0);
    const captured = random() < share / 4 ? Math.floor(random() * bytes.length) : bytes.length;
    if (random() >= share / 3) sent.push({ due: count + late(), at, bytes, captured });
    if (random() < share) {
      const from = Math.max(0, at - Math.floor(random() * 40));
      const again = stream.slice(from, from + 1 + Math.floor(random() * sizeMax));
      if (random() < 0.4) again[Math.floor(random() * again.length)]! ^= 1 << Math.floor(random() * 8);
      sent.push({ due: count + random() * 40, at: from, bytes: again, captured: again.length });
    }
    at += bytes.length;
  }
  sent.sort((a, b) => a.due - b.due);
  const log = new SegmentLog();
  let offset = 0;
  for (const { at, bytes, captured } of sent) {
    const row = log.next();
    log.seq.values[row] = at + 1;
    log.length.values[row] = bytes.length;
    log.captured.values[row] = captured;
    log.offset.values[row] = offset;
    offset += bytes.length;
  }
  return { log, file: new Uint8Array(Buffer.concat(sent.map(({ bytes }) => bytes))) };
}

/** A stream that is put together and followed. */
class Following {
  readonly assembly: Assembly;
  readonly walker: Walker;

  constructor(log: SegmentLog, file: Uint8Array, { start, renewals }: Known, aead = nodePlatform.aead) {
    const access = memoryFile("test", file);
    this.assembly = new Assembly(log, 0, 0, new FileWindow(access));
    const protection = protectionOf(aead, start.version, "aes-128-gcm");
    const { assembly } = this;
    const copyWindow = new FileWindow(access);
    this.walker = new Walker({
      assembly,
      start,
      protection,
      renewals,
      isHostTap: false,
      clear: null,
      shift: null,
      trials: new Trials(),
      copyWindow,
    });
  }

  async take(from: number, to: number): Promise<unknown> {
    this.walker.rewind(this.assembly.take(Int32Array.from({ length: to - from }, (_, i) => from + i)));
    return factsOf(await this.walker.run(noProgress));
  }
}

/** What was found, as values to compare. */
function factsOf({ table, ...rest }: Walked): unknown {
  const rows = Array.from({ length: table.count }, (_, row) =>
    [table.start, table.length, table.type, table.epoch, table.index, table.authenticated].map((c) =>
      c.at(row),
    ),
  );
  return structuredClone({ ...rest, rows });
}

async function run(t: TestContext, version: TlsVersion): Promise<void> {
  const runs = Number(process.env.FUZZ ?? 150);
  const firstSeed = Number(process.env.SEED ?? 1);
  t.diagnostic(`${runs} streams from seed ${firstSeed} on (FUZZ=n for more, SEED=n FUZZ=1 repeats one)`);
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seeded(seed);
    const known = knownOf(version, random);
    const { log, file } = segmentsOf(streamOf(known, random), random);
    const growing = new Following(log, file, known);
    for (let row = 0; row < log.count; ) {
      const next = Math.min(log.count, row + 1 + Math.floor(random() ** 3 * 12));
      const found = await growing.take(row, next);
      row = next;
      const atOnce = await new Following(log, file, known).take(0, row);
      assert.deepEqual(found, atOnce, `seed ${seed}, after ${row} of ${log.count} segments`);
    }
  }
}

test("a walk along a stream that grows finds in TLS 1.2 what one along the whole finds", (t) =>
  run(t, 0x0303));

test("and in TLS 1.3", (t) => run(t, 0x0304));

test("a stream that grows in order is not walked again and again", async () => {
  const random = seeded(1);
  const known = { ...knownOf(0x0304, random), renewals: [] };
  const sealer = new Sealer(0x0304, firstKeys(0x0304));
  const records = Array.from({ length: 600 }, (_, i) => sealer.seal(23, range(300, i)));
  const stream = new Uint8Array(Buffer.concat(records));
  const log = new SegmentLog();
  for (let at = 0; at < stream.length; at += 100) {
    const row = log.next();
    log.seq.values[row] = at + 1;
    log.offset.values[row] = at;
    log.length.values[row] = log.captured.values[row] = Math.min(100, stream.length - at);
  }
  let opened = 0;
  const { aead } = nodePlatform;
  const open: typeof aead.open = (...sealed) => {
    opened++;
    return aead.open(...sealed);
  };
  const growing = new Following(log, stream, known, { ...aead, open });
  for (let row = 0; row < log.count; row++) await growing.take(row, row + 1);
  assert.ok(opened < 10 * log.count, `${opened} openings for ${log.count} segments`);
});
