import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { Kind } from "../../core/words/event.ts";
import { memoryFile, readSegments } from "../../trace/pcap/capture-file.ts";
import { withScattered } from "../../trace/pcap/scattered.ts";
import { type FileAccess, noProgress } from "../../trace/platform.ts";
import type { Trace } from "../../trace/trace.ts";
import { type Frame, pcap } from "../capture-builder.ts";
import { type CaptureBytes, captureFacts, readBytes } from "../captures.ts";
import { corpusFolder } from "../corpus.ts";
import { seeded } from "../simulator/mutate.ts";
import { framesOf, inFragments, links, rewritten, tunnels } from "./wrapping.ts";

/** Captures of Ethernet that are shipped, and those of the corpus that are small, with their keys. */
function captures(): Map<string, CaptureBytes> {
  const found = new Map<string, CaptureBytes>();
  const add = (name: string, file: string, keys: string[]) => {
    const bytes = new Uint8Array(readFileSync(file));
    const keyLogs = keys.map((key) => readFileSync(key, "utf8"));
    try {
      framesOf(bytes);
    } catch {
      return;
    }
    found.set(name, { bytes, keyLogs, cryptoInfos: [] });
  };
  for (const name of ["lossy", "upload"])
    add(name, `media/samples/${name}.pcap`, [`media/samples/${name}.keys`]);
  const folder = corpusFolder();
  if (folder === null) return found;
  for (const { name, file, keylog } of captureFacts(folder)) {
    const at = path.join(folder, file);
    if (readFileSync(at).length < 300_000) add(name, at, keylog ? [path.join(folder, keylog)] : []);
  }
  return found;
}

/** All that a trace says but where bytes lie in the file; without frame numbers if they must be others. */
function said(trace: Trace, isSameFrames = true): unknown {
  const { connections, streams, events, sacks, recordSns, verdicts, diagnostics } = trace;
  const rows = Array.from({ length: events.count }, (_, i) => {
    const { offset, line, ...event } = events.at(i);
    return { ...event, held: offset >= 0, ...(isSameFrames && { line }) };
  });
  // How much a cut packet lacks is another number where headers around it were cut, too.
  const uncut = diagnostics.filter(({ message }) => !/end was not captured/.test(message));
  const messages = isSameFrames ? uncut : uncut.map(({ severity }) => severity);
  return structuredClone({ connections, streams, rows, sacks, recordSns, verdicts, messages });
}

const readAs = (capture: CaptureBytes, bytes: Uint8Array) => readBytes({ ...capture, bytes });

/** The capture rewritten must be the same trace as the bare one. */
async function assertSame(capture: CaptureBytes, bytes: Uint8Array, what: string, isSameFrames = true) {
  const [bare, other] = [await readBytes(capture), await readAs(capture, bytes)];
  assert.deepEqual(said(other, isSameFrames), said(bare, isSameFrames), what);
}

test("a capture in any tunnel, and under any link type, is the bare one", async (t) => {
  let count = 0;
  for (const [name, capture] of captures()) {
    for (const [tunnel, wrap] of Object.entries(tunnels))
      await assertSame(capture, rewritten(capture.bytes, wrap), `${name} in ${tunnel}`);
    for (const [link, [type, wrap]] of Object.entries(links))
      await assertSame(capture, rewritten(capture.bytes, wrap, type), `${name} under ${link}`);
    count++;
  }
  t.diagnostic(
    `${count} captures in ${Object.keys(tunnels).length} tunnels, ${Object.keys(links).length} links`,
  );
});

/** Ways in which a capture shows packets twice; `i` counts frames. */
const doublings: Readonly<Record<string, (frame: Frame, i: number) => Frame[]>> = {
  "one behind the other": (frame) => [frame, later(frame, 3)],
  "behind a router": (frame) => [frame, later({ ...frame, bytes: routed(frame.bytes) }, 40)],
  "in a tunnel": (frame) => [frame, ...tunnels.vxlan!(later(frame, 5))],
  "with a VLAN tag": (frame) => [...tunnels.vlan!(frame), later(frame, 5)],
  "three times": (frame) => [frame, later(frame, 2), later(frame, 4)],
};

/** The frame so many microseconds later. */
const later = (frame: Frame, us: number): Frame => {
  const [seconds, fraction] = frame.time!;
  const sum = fraction + us;
  return { ...frame, time: [seconds + Math.floor(sum / 1e6), sum % 1e6] };
};

/** With other addresses of Ethernet and one hop fewer. */
function routed(frame: Uint8Array): Uint8Array {
  const bytes = frame.slice();
  bytes.set([6, 6, 6, 6, 6, 6, 4, 4, 4, 4, 4, 4]);
  // Its hop limit or time to live, where IP stands right behind the addresses.
  const at = { 134: 21, 8: 22 }[bytes[12]!];
  if (at !== undefined) bytes[at]!--;
  return bytes;
}

test("a capture that shows every packet more than once is the bare one", async (t) => {
  let count = 0;
  for (const [name, capture] of captures())
    for (const [what, double] of Object.entries(doublings)) {
      const bytes = rewritten(capture.bytes, double as (frame: Frame) => Frame[]);
      const [bare, other] = [await readBytes(capture), await readAs(capture, bytes)];
      const [expected, seen] = [said(bare, false) as object, said(other, false) as object];
      assert.deepEqual({ ...seen, messages: [] }, { ...expected, messages: [] }, `${name}, ${what}`);
      assert.ok(
        other.diagnostics.some(({ message }) => /a frame is a copy of one before/.test(message)),
        `${name}, ${what}: ${JSON.stringify(other.diagnostics)}`,
      );
      count++;
    }
  t.diagnostic(`${count} captures doubled`);
});

test("with copies kept, each counts as sent", async () => {
  const capture = captures().get("lossy")!;
  const bytes = rewritten(capture.bytes, (frame) => [frame, frame]);
  const transmits = ({ events }: Trace) =>
    Array.from({ length: events.count }, (_, i) => events.kind.at(i)).filter((kind) => kind === Kind.transmit)
      .length;
  const [bare, kept] = [await readBytes(capture), await readBytes({ ...capture, bytes }, { copies: "keep" })];
  assert.equal(transmits(kept), 2 * transmits(bare));
});

/** What the segments of a file are, with their payload's bytes. */
async function segmentsOf(bytes: Uint8Array): Promise<string[]> {
  const file = memoryFile("made.pcap", bytes);
  const { log } = await readSegments(file, noProgress);
  const whole: FileAccess = withScattered(file, log.scattered);
  return Array.from({ length: log.count }, (_, row) => {
    const payload = Buffer.from(whole.read(log.offset.at(row), log.captured.at(row))).toString("base64");
    return `${log.flow.at(row)} ${log.seq.at(row)} ${log.flags.at(row)} ${log.length.at(row)} ${payload}`;
  });
}

/** The first frames of the sample, with payload both ways. */
const someFrames = (count: number): Uint8Array =>
  pcap(framesOf(new Uint8Array(readFileSync("media/samples/lossy.pcap"))).slice(0, count));

test("tunnels in tunnels lead to the same segments, up to a bound", async () => {
  const bare = someFrames(24);
  const expected = await segmentsOf(bare);
  for (const [inner, wrapInner] of Object.entries(tunnels))
    for (const [outer, wrapOuter] of Object.entries(tunnels)) {
      const bytes = rewritten(rewritten(bare, wrapInner), wrapOuter);
      assert.deepEqual(await segmentsOf(bytes), expected, `${inner} in ${outer}`);
    }
  let bytes = bare;
  let depth = 0;
  for (; (await segmentsOf(bytes)).length > 0; depth++) bytes = rewritten(bytes, tunnels.vxlan!);
  assert.ok(depth >= 8 && depth < 20, `${depth} tunnels`);
  const { diagnostics } = await readSegments(memoryFile("deep.pcap", bytes), noProgress);
  assert.match(diagnostics[0]!.message, /24 × headers nested too deep/);
});

/** Puts fragments of one packet into another order, some twice. */
function disturbed(fragments: Frame[], random: () => number): Frame[] {
  if (fragments.length < 2) return fragments;
  // Not the first one: with all of them twice it would be two packets.
  const again = fragments.slice(1).filter(() => random() < 0.2);
  const order = [...fragments, ...again].map((frame) => ({ frame, at: random() }));
  return order.sort((a, b) => a.at - b.at).map(({ frame }) => frame);
}

/** Ways to cut every packet of a capture into fragments. */
function cuts(random: () => number): Readonly<Record<string, (frame: Frame, id: number) => Frame[]>> {
  const cut = (frame: Frame, id: number) => inFragments(frame, 56 + Math.floor(random() * 60) * 8, id);
  return {
    "in order": cut,
    "the first one last": (frame, id) => cut(frame, id).reverse(),
    "in any order, some twice": (frame, id) => disturbed(cut(frame, id), random),
    "in two ways, overlapping": (frame, id) => {
      const [first, ...others] = inFragments(frame, 400, id);
      if (others.length === 0) return [frame];
      return [...others.slice(0, 1), ...inFragments(frame, 256, id).slice(0, 3), ...others.slice(1), first!];
    },
    "in a tunnel": (frame, id) => cut(frame, id).flatMap(tunnels.vxlan!),
    "of a tunnel": (frame, id) => tunnels.gretap!(frame).flatMap((whole) => cut(whole, id)),
    "of a tunnel over IPv6": (frame, id) =>
      tunnels["vxlan over IPv6"]!(frame).flatMap((whole) => cut(whole, id)),
    "of fragments in a tunnel": (frame, id) =>
      inFragments(frame, 800, id).flatMap((part, i) =>
        tunnels.gretap!(part).flatMap((whole) => inFragments(whole, 304, 7 * id + i)),
      ),
  };
}

test("a capture whose packets are cut into fragments is the bare one", async (t) => {
  const random = seeded(7);
  let count = 0;
  for (const [name, capture] of captures())
    for (const [what, cut] of Object.entries(cuts(random))) {
      let id = 1;
      const bytes = rewritten(capture.bytes, (frame) => cut(frame, id++));
      const [bare, other] = [await readBytes(capture), await readAs(capture, bytes)];
      assert.deepEqual(
        { ...(said(other, false) as object), messages: [] },
        { ...(said(bare, false) as object), messages: [] },
        `${name}, ${what}`,
      );
      count++;
    }
  t.diagnostic(`${count} captures in fragments`);
});

test("fragments that never become whole are told, and bounded", async () => {
  const bare = framesOf(someFrames(200));
  const lacking = bare.flatMap((frame, id) => inFragments(frame, 400, id).slice(1));
  const { log, diagnostics } = await readSegments(memoryFile("lacking.pcap", pcap(lacking)), noProgress);
  const cut = bare.filter((frame) => inFragments(frame, 400, 0).length > 1).length;
  assert.equal(log.count, bare.length - cut - bare.filter((f) => inFragments(f, 400, 0).length === 1).length);
  assert.match(diagnostics[0]!.message, new RegExp(`lacks fragments.*${cut} times from frame`));
});

/** TCP sequence numbers and payload lengths of a file as tshark sees them; null if it is not installed. */
function byTshark(bytes: Uint8Array): string[] | null {
  const folder = mkdtempSync(path.join(tmpdir(), "wrapping-"));
  try {
    const file = path.join(folder, "made.pcap");
    writeFileSync(file, bytes);
    const fields = ["tcp.seq_raw", "tcp.len"].flatMap((field) => ["-e", field]);
    const run = spawnSync(
      "tshark",
      ["-n", ...vxlanPorts, "-r", file, "-Y", "tcp", "-T", "fields", ...fields],
      {
        encoding: "utf8",
      },
    );
    return run.error ? null : run.stdout.trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ports of VXLAN that tshark has to be told. */
const vxlanPorts = ["-d", "udp.port==8472,vxlan", "-d", "udp.port==14789,vxlan"];

/**
 * What tshark 4.0 does not follow: MPLS as a link type, and behind labels without a control word it guesses by the
 * address's vendor, which ours has none of.
 */
const unknownToTshark = ["mpls alone", "pseudowire without control word"];

test("tshark finds the same segments in every tunnel and link", async (t: TestContext) => {
  const bare = someFrames(16);
  const byLink = new Map([[1, Object.entries(tunnels)]]);
  for (const [name, [type, wrap]] of Object.entries(links))
    byLink.set(type, [...(byLink.get(type) ?? []), [name, wrap]]);
  for (const [type, all] of byLink) {
    const wraps = all.filter(([name]) => !unknownToTshark.includes(name));
    if (wraps.length === 0) continue;
    const theirs = byTshark(rewritten(bare, (frame) => wraps.flatMap(([, wrap]) => wrap(frame)), type));
    if (theirs === null) return t.diagnostic("tshark is not installed: nothing was compared");
    for (const [i, [name, wrap]] of wraps.entries()) {
      const { log } = await readSegments(memoryFile("made.pcap", rewritten(bare, wrap, type)), noProgress);
      const ours = Array.from(
        { length: log.count },
        (_, row) => `${log.seq.at(row) >>> 0}\t${log.length.at(row)}`,
      );
      assert.deepEqual(
        ours,
        theirs.filter((_, row) => row % wraps.length === i),
        name,
      );
    }
  }
});
