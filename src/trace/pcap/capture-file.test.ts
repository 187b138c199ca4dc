import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { openFile } from "../../node/open-file.ts";
import { nodePlatform } from "../../node/platform.ts";
import { ethernet, ipv4, pcap, pcapngBlocks, tcp } from "../../test/capture-builder.ts";
import { corpusFolder } from "../../test/corpus.ts";
import { hasTshark } from "../../test/real/tshark.ts";
import { Cancelled, noProgress, UserError } from "../platform.ts";
import { captureFormat, memoryFile, openCaptureFile, readSegments } from "./capture-file.ts";
import type { Segments } from "./segments.ts";

const text = (content: string) => memoryFile("notes.txt", new TextEncoder().encode(content));

test("a capture is known by its first bytes", async () => {
  assert.equal(captureFormat(memoryFile("a", pcap([]))), "pcap");
  assert.equal(captureFormat(memoryFile("a", pcap([], { little: false, magic: "ns" }))), "pcap");
  assert.equal(captureFormat(memoryFile("a", pcapngBlocks(false).section())), "pcapng");
  assert.equal(captureFormat(memoryFile("a", Uint8Array.of(0x1f, 0x8b, 8))), "gzip");
  for (const content of ["", "a", "device eth0\n", "\xd4\xc3\xb2"])
    assert.equal(captureFormat(text(content)), null);
});

test("a file that is no capture is refused with what was expected", async () => {
  await assert.rejects(readSegments(text("device eth0\n"), noProgress), (error) => {
    return (
      error instanceof UserError && /notes\.txt is not a capture: expected pcap or pcapng/.test(error.message)
    );
  });
});

test("reading can be stopped", async () => {
  const frames = Array.from({ length: 30 }, () => ({ bytes: ethernet(ipv4(tcp({ payload: 60_000 }))) }));
  const file = memoryFile("made.pcap", pcap(frames));
  let ticks = 0;
  const tick = async (done: number, total: number) => {
    assert.ok(done <= total && total === file.size);
    if (++ticks === 2) throw new Cancelled();
  };
  await assert.rejects(readSegments(file, { tick }), Cancelled);
});

interface FlowFacts {
  dir: "c2s" | "s2c";
  src: string;
  isn?: number | null;
  segs: number;
}
interface CaseFacts {
  name: string;
  file: string;
  packets: number;
  flows: FlowFacts[];
}

/** The corpus's captures with their facts, which other programs found; null when it is absent. */
function corpusCases(t: TestContext): { folder: string; cases: CaseFacts[] } | null {
  const folder = corpusFolder();
  if (folder === null) {
    t.diagnostic(
      "the corpus of real captures is absent: nothing compared (TLSTRACE_CORPUS names its folder)",
    );
    return null;
  }
  return { folder, cases: JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")).cases };
}

async function readCase(folder: string, file: string): Promise<Segments> {
  const open = openFile(path.join(folder, file));
  try {
    return await readSegments(await openCaptureFile(open, nodePlatform, noProgress), noProgress);
  } finally {
    open.close();
  }
}

/** The facts write IPv6 as eight groups without brackets. */
const factsForm = (endpoint: string): string => {
  const [, address, port] = /^\[(.*)\](:\d+)$/.exec(endpoint) ?? [];
  if (address === undefined) return endpoint;
  const [head = "", tail] = address.split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array(zeros).fill("0"), ...groups(tail)].join(":") + port;
};

/** One line a direction that sent payload, in the facts' terms. */
function directionsOf({ flows, log }: Segments): string[] {
  const segments = flows.map(() => [0, 0]);
  for (let row = 0; row < log.count; row++) {
    if (log.length.at(row) > 0) segments[log.flow.at(row)]![log.direction.at(row)]!++;
  }
  const lines = flows.flatMap((flow, i) =>
    (["c2s", "s2c"] as const).map((direction, d) => ({
      direction,
      src: factsForm(flow.ends[d]!),
      isn: flow.isn[d],
      segs: segments[i]![d]!,
    })),
  );
  return lines
    .filter((line) => line.segs > 0)
    .map(({ direction, src, isn, segs }) => `${direction} ${src} ${isn} ${segs}`);
}

/** What the snapshot length cut off: the sums of original less captured lengths in the packet records' headers. */
const cutOff = new Map([
  [
    "snap96-12-aes128",
    ["a packet's end was not captured: 993374 payload bytes are missing of 706 packets, up to 1418 of one"],
  ],
]);

test("every capture of the corpus has the packets, connections and segments of its facts", async (t) => {
  const corpus = corpusCases(t);
  if (!corpus) return;
  for (const { name, file, packets, flows } of corpus.cases) {
    const segments = await readCase(corpus.folder, file);
    assert.equal(segments.frames, packets, name);
    assert.deepEqual(
      segments.diagnostics.map(({ message }) => message.split(": capture with")[0]),
      cutOff.get(name) ?? [],
      name,
    );
    const expected = flows.map(({ dir, src, isn, segs }) => `${dir} ${src} ${isn ?? -1} ${segs}`);
    assert.deepEqual(directionsOf(segments), expected, name);
  }
  t.diagnostic(`${corpus.cases.length} captures compared with their facts`);
});

/** Every kind of link, file and cut among the corpus; also a capture with several connections. */
const comparedWithTshark = [
  ...[
    "n12-mixed-parallel4",
    "v6-12-aes128-loss2",
    "snap96-12-aes128",
    "qinq-12-aes128",
    "bigendian-12-aes128",
  ],
  ...[
    "n13-aes256-clean",
    "wrap-12-edge",
    "illustrated-tls13",
    "ws-challenge01_ooo_stream",
    "n13-aes128-loss5-gso",
  ],
];

test("numbers, lengths, times and SACK blocks are those that tshark reads", async (t) => {
  const corpus = corpusCases(t);
  if (!corpus) return;
  if (!hasTshark()) {
    t.diagnostic("tshark is not installed: nothing compared");
    return;
  }
  for (const { name, file } of corpus.cases.filter((c) => comparedWithTshark.includes(c.name))) {
    const { log } = await readCase(corpus.folder, file);
    const ours = Array.from({ length: log.count }, (_, row) => {
      const sack = log.sacks.get(row)?.join(",") ?? "";
      const numbers = [
        log.frame.at(row),
        log.seq.at(row) >>> 0,
        log.ack.at(row) >>> 0,
        log.length.at(row),
        log.flags.at(row),
      ];
      return [...numbers, Math.round(log.timeNs.at(row)), sack].join(" ");
    });
    assert.deepEqual(ours, tsharkRows(path.join(corpus.folder, file)), name);
  }
});

function tsharkRows(file: string): string[] {
  const fields = [
    "frame.number",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.len",
    "tcp.flags",
    "frame.time_relative",
  ];
  const sacks = ["tcp.options.sack_le", "tcp.options.sack_re", "tcp.seq", "tcp.ack"];
  const selection = [...fields, ...sacks].flatMap((field) => ["-e", field]);
  const options = ["-o", "tcp.relative_sequence_numbers:FALSE", "-Y", "tcp", "-T", "fields"];
  const { stdout } = spawnSync("tshark", ["-n", "-r", file, ...options, ...selection], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [frame, seq, ack, length, flags, time, left, right] = line.split("\t");
      const rights = right!.split(",");
      const blocks = left
        ? left
            .split(",")
            .flatMap((edge, i) => [edge, rights[i]])
            .join(",")
        : "";
      const [seconds, fraction] = time!.split(".");
      const timeNs = Number(seconds) * 1e9 + Number(fraction!.padEnd(9, "0"));
      return [frame, seq, ack, length, Number(flags) & 0xff, timeNs, blocks].join(" ");
    });
}
