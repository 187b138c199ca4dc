import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";
import { debuggeeOf, readLaunch, requestOf as requestOfLaunch } from "../adapter/launch.ts";
import { type CompareFlags, comparisonAsked } from "../cli/compare.ts";
import { type ReadFlags, requestOf, speaker } from "../cli/flags.ts";
import { profiles } from "../core/profiles/all.ts";
import { comparedAt, wordDifference } from "../judge/compare/words.ts";
import { sha256 } from "../node/digest.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { goldenLines } from "../report/golden.ts";
import { linesOf, overlayLines } from "../report/lines.ts";
import { noProgress } from "../trace/platform.ts";
import { kernelIds } from "../trace/variant.ts";
import type { StudyRequest } from "./request.ts";
import { type Study, study } from "./study.ts";
import { openSubject } from "./subject.ts";

const samples = "media/samples";
const sample = (name: string): string => path.join(samples, name);
const reports = ["differs.trace", "agrees-before.txt", "differs-after.txt"].map((name) =>
  sample(`evidence/${name}`),
);
const nic = path.resolve(sample("my-nic.nic.json"));
const keys = sample("lossy.keys");

/** Everything that a study tells anybody, as text. */
function told(study: Study): string[] {
  const { trace, timeline, comparison, findings, overlay, evidenceDiagnostics } = study;
  const connections = new Set(trace.connections.keys());
  const lines = trace.streams.flatMap((stream) => [...linesOf(timeline, stream, sha256)]);
  const differences =
    comparison?.wireDifferences.map((difference) => wordDifference(comparison, difference)) ?? [];
  const compared = comparison?.runs.map(({ id, counters }) => `${id} ${JSON.stringify([...counters])}`) ?? [];
  return [
    ...goldenLines(study, connections),
    ...[...lines, ...(overlay ? overlayLines(timeline, overlay) : [])].map((line) => JSON.stringify(line)),
    ...[...compared, ...differences, `${comparison?.differing.length ?? "nothing"} differ`],
    ...findings.all.map((finding) => JSON.stringify(finding)),
    ...[...trace.diagnostics, ...evidenceDiagnostics].map((diagnostic) => JSON.stringify(diagnostic)),
    // A launch configuration's files go by short names.
  ].map((line) => line.replaceAll(`${samples}/evidence/`, ""));
}

const studied = async (request: StudyRequest): Promise<Study> =>
  study(await openSubject(nodeEnvironment, request, speaker, noProgress), noProgress);

const debugged = (args: object): Promise<Study> => debuggeeOf(nodeEnvironment, readLaunch(args), noProgress);

/** The same said as attributes of a launch configuration and as flags of a command. */
const requests: [file: string, attributes: object, flags: ReadFlags & Partial<CompareFlags>][] = [
  ...readdirSync(samples)
    .filter((name) => /\.(tlstrace|pkt)$/.test(name))
    .map((name): (typeof requests)[number] => [name, {}, {}]),
  ["lossy.pcap", {}, { keys: [keys] }],
  ["lossy.pcap", { keys: [] }, { keys: false }],
  ["lossy.pcap", { keys, profile: "innova@v4.19" }, { keys: [keys], profile: "innova@v4.19" }],
  ["lossy.pcap", { keys, profile: nic }, { keys: [keys], profile: nic }],
  ["lossy.pcap", { keys, tap: "host" }, { keys: [keys], tap: "host" }],
  ["lossy.pcap", { keys, offloadStart: "after-ccs" }, { keys: [keys], offloadStart: "after-ccs" }],
  ["lossy.pcap", { keys, streams: ["*:20019>*"] }, { keys: [keys], stream: ["*:20019>*"] }],
  ["reordering.tlstrace", { profile: "connectx/long-dump" }, { profile: "connectx/long-dump" }],
  ["evidence/netronome.tlstrace", { evidence: reports }, { evidence: reports }],
  [
    "retransmission-in-record.tlstrace",
    { compare: ["innova", "netronome/no-undo", nic] },
    { profiles: `connectx,innova,netronome/no-undo,${nic}` },
  ],
  ["lossy.pcap", { keys, compare: ["v4.19"] }, { keys: [keys], profiles: "connectx,v4.19" }],
];

for (const [file, attributes, flags] of requests) {
  const { profiles } = flags;
  test(`${file} ${JSON.stringify(attributes)}: launch configuration and command line come to the same study`, async () => {
    const program = sample(file);
    const request = profiles ? comparisonAsked(program, { ...flags, profiles }) : requestOf(program, flags);
    const byCommand = told(await studied(request));
    // Of a profile file a launch configuration shows the name.
    const asked = byCommand.map((line) => line.replace(new RegExp(`^${nic}(?= )`), path.basename(nic)));
    assert.deepEqual(told(await debugged({ program, ...attributes })), asked);
    assert.ok(asked.length > 5);
  });
}

test("whatever is asked of a capture makes another study", async () => {
  const texts = new Set<string>();
  const asked = requests.filter(([name]) => name === "lossy.pcap");
  for (const [name, attributes] of asked)
    texts.add(told(await debugged({ program: sample(name), ...attributes })).join("\n"));
  assert.equal(texts.size, asked.length);
});

test("a request is plain data", () => {
  const launch = {
    program: sample("lossy.pcap"),
    keys: [{ a: 1 }],
    evidence: reports,
    compare: ["v4.19", nic],
  };
  const flags = { profiles: "connectx,innova", keys: [keys] };
  for (const request of [requestOfLaunch(readLaunch(launch)), comparisonAsked(sample("lossy.pcap"), flags)])
    assert.deepEqual(JSON.parse(JSON.stringify(request)), request);
});

test("a launch configuration's evidence goes by its last name where that is the only one", () => {
  const launch = readLaunch({ program: "/a", evidence: ["/x/a.txt", "/y/a.txt", "C:\\z\\b.txt"] });
  const { evidence } = requestOfLaunch(launch);
  assert.deepEqual(
    evidence.map(({ name }) => name),
    ["/x/a.txt", "/y/a.txt", "b.txt"],
  );
});

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-study-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
};
const trace = file("a.tlstrace", "device eth0\nconnection web device=eth0\n+0 web send 9\n");
const huge = file("huge.keys", "");
truncateSync(huge, 2 ** 26 + 1);
const binary = file("binary.keys", Uint8Array.of(1, 0, 2));
const bad = file("bad.json", '{"base": "innova",\n "commit": "never"}');
const mistake = `${bad}:2:12: commit takes "early", "undone" or "late", not this text`;
const there = `there are ${profiles.map(({ id }) => id).join(", ")}; with a bug as connectx/long-dump, on a kernel as connectx@v6.18, your own as ./my-nic.json`;

/** What cannot be had, in the words of who asked for it. */
const refusals: [attributes: object, flags: ReadFlags, byLaunch: string, byCommand: string][] = [
  [
    { tap: "moon" },
    { tap: "moon" },
    'launch configuration: `tap` is "moon"; it takes auto, host, wire',
    'no tap "moon"; there are auto, host, wire',
  ],
  [
    { offloadStart: "now" },
    { offloadStart: "now" },
    'launch configuration: `offloadStart` is "now"; it takes after-finished, after-ccs',
    'no offload start "now"; there are after-finished, after-ccs',
  ],
  [
    { profile: "e1000" },
    { profile: "e1000" },
    `launch configuration: \`profile\` "e1000" is no profile; ${there}`,
    `no profile "e1000"; ${there}`,
  ],
  [{ profile: bad }, { profile: bad }, `launch configuration: \`profile\`: ${mistake}`, mistake],
  [
    { keys: huge },
    { keys: [huge] },
    `${huge} is too large for a file of keys: check \`keys\``,
    `${huge} is too large for a key log`,
  ],
  [
    { keys: binary },
    { keys: [binary] },
    `${binary} is not a key log or crypto_info file: check \`keys\``,
    `${binary} is not a key log or crypto_info file`,
  ],
];

test("what cannot be had is told in the words of who asked", async () => {
  const messageOf = async (ask: () => Promise<unknown>): Promise<string> => {
    try {
      await ask();
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing was refused";
  };
  for (const [attributes, flags, byLaunch, byCommand] of refusals) {
    assert.equal(await messageOf(() => debugged({ program: trace, ...attributes })), byLaunch);
    assert.equal(await messageOf(async () => studied(requestOf(trace, flags))), byCommand);
  }
  const kernels = kernelIds.join(", ");
  assert.equal(
    await messageOf(() => debugged({ program: trace, compare: "e1000" })),
    `launch configuration: \`compare\` takes a list of profiles and kernels (${kernels}), not "e1000"; ${there}`,
  );
  assert.equal(
    await messageOf(async () => studied(comparisonAsked(trace, { profiles: "connectx,e1000" }))),
    `no profile "e1000"; ${there}; and kernels ${kernels}`,
  );
});

test("golden text tells a failed expectation at its end, and what is compared does not know it", async () => {
  const failing = file(
    "failing.tlstrace",
    "device eth0\nconnection web device=eth0\n+0 web send 9\n+0 web > 0:38(38)\n expect dropped\n",
  );
  const request = comparisonAsked(failing, { profiles: "connectx,innova" });
  const study = await studied(request);
  assert.equal(study.findings.all.length, 1);
  assert.deepEqual(
    [...goldenLines(study, new Set([0]))].filter((line) => /expect/.test(line)),
    ["line 5: expected dropped, got no dropped"],
  );
  assert.ok(comparedAt(study.comparison!, 1).every(({ effects }) => effects.length === 0));
});

test("a study that fails leaves no file open", async () => {
  const open = new Set<string>();
  const environment = {
    ...nodeEnvironment,
    openFile: (name: string) => {
      const opened = nodeEnvironment.openFile(name);
      open.add(name);
      return {
        ...opened,
        close: () => {
          open.delete(name);
          opened.close?.();
        },
      };
    },
  };
  const none = file("none.tlstrace", "device eth0\nconnection web device=eth0\n");
  const evidence = file("dmesg", "[    0.0] Linux\n");
  for (const args of [
    { program: none },
    { program: trace, keys: binary },
    { program: trace, evidence },
    { program: trace, profile: bad },
  ]) {
    await assert.rejects(debuggeeOf(environment, readLaunch(args), noProgress));
    assert.deepEqual([...open], [], JSON.stringify(args));
  }
  await debuggeeOf(environment, readLaunch({ program: trace }), noProgress);
  assert.deepEqual([...open], [trace]);
});
