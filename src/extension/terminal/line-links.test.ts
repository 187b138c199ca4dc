import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { linksIn } from "./line-links.ts";

const request = "tls_device_tx_resync_req: sk=00000000fe3a1c02 tcp_seq=4294964344 exp_tcp_seq=4294962896";
const send = "tls_device_tx_resync_send: sk=00000000fe3a1c02 tcp_seq=4294964344 rec_no=1";
const printed = "[003] b.s1.  1234.567890: ";

/** Lines by the formats of net/tls/trace.h behind what each program puts ahead of them, and the byte that they speak of. */
const tracepoints: [program: string, line: string, seq: number | null][] = [
  ["trace_pipe", `           nginx-811     ${printed}${request}`, 4294964344],
  ["trace_pipe of a softirq", `          <idle>-0       ${printed}${send}`, 4294964344],
  ["trace-cmd report", `nginx-811 [003]  1234.567890: ${request}`, 4294964344],
  ["perf script", `nginx   811 [003]  1234.567890: tls:${request}`, 4294964344],
  [
    "perf trace",
    "     0.000 nginx/811 tls:tls_device_tx_resync_req(sk: 0xffff9c41fe3a1c02, tcp_seq: 4344, exp_tcp_seq: 2896)",
    4344,
  ],
  ["a probe's name in full", `tracepoint:tls:${request}`, 4294964344],
  ["a script of bpftrace", "tls_device_tx_resync_req sk=0xffff9c41 tcp_seq=7 exp_tcp_seq=5", 7],
  [
    "offload that is set",
    "tls:tls_device_offload_set: sk=0000000012 direction=1 tcp_seq=99 rec_no=0 ret=0",
    99,
  ],
  ["a pointer that is not hashed yet", request.replace("00000000fe3a1c02", "(____ptrval____)"), 4294964344],
  ["the greatest number", request.replace("4294964344", "4294967295"), 4294967295],
  ["a number that is none of TCP", request.replace("4294964344", "4294967296"), null],
  ["a line that is cut short", request.slice(0, 50), null],
  ["a tracepoint without a number", "tls:tls_device_rx_resync_nh_schedule: sk=00000000fe3a1c02", null],
  ["another system's", `probe:${request}`, null],
  ["another one", "tcp:tcp_probe: family=AF_INET src=10.0.0.1:1 seq=5", null],
  ["prose about it", "see tls_device_tx_resync_req in net/tls/trace.h", null],
  ["nothing", "", null],
];

for (const [program, line, seq] of tracepoints)
  test(`${program}: ${seq === null ? "no link" : `a link to byte ${seq}`}`, () => {
    const links = linksIn(line);
    assert.deepEqual(
      links.map(({ place }) => place),
      seq === null ? [] : [{ kind: "byte", seq }],
    );
    for (const { start, length } of links)
      assert.match(line.slice(start, start + length), /^(tls:)?tls_device_\w+.*\S$/);
  });

test("frames of captures are links as our command line prints them, lines of traces are the editor's", () => {
  for (const [line, place] of [
    ["a.pcap: frame 12: warning: cut", { kind: "frame", file: "a.pcap", frame: 12 }],
    ["/tmp/a b/c.pcapng.gz: frame 9: note: x", { kind: "frame", file: "/tmp/a b/c.pcapng.gz", frame: 9 }],
    ["C:\\t\\x.CAP: frame 1: error: y", { kind: "frame", file: "C:\\t\\x.CAP", frame: 1 }],
    ["a.tlstrace:12: error: z", null],
    ["a.txt: frame 12: warning: cut", null],
    ["a.pcap: frame x: warning", null],
    ["a.pcap: frames of it", null],
  ] as const)
    assert.deepEqual(linksIn(line)[0]?.place ?? null, place, line);
});

test("a capture that is cut short: the line that says so is a link to its last frame", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace links-"));
  try {
    const file = path.join(folder, "cut.pcap");
    writeFileSync(file, readFileSync("media/samples/lossy.pcap").subarray(0, 100_000));
    const { stdout, stderr } = spawnSync(process.execPath, ["dist/cli.js", "replay", file], {
      encoding: "utf8",
    });
    const links = `${stdout}\n${stderr}`.split("\n").flatMap((line) => linksIn(line));
    assert.ok(links.length > 0, stderr);
    const [{ place }] = links as [(typeof links)[number]];
    assert.ok(place.kind === "frame" && place.file === file && place.frame > 1, JSON.stringify(place));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
