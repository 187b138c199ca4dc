import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { MessageReader } from "../../cli/message-reader.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { profiles } from "../../core/profiles/all.ts";
import { connectx } from "../../core/profiles/connectx.ts";
import { nodePlatform } from "../../node/platform.ts";
import { completions, evaluate } from "../../replay/expression.ts";
import { parseExpression } from "../../replay/expression-parse.ts";
import { Timeline } from "../../replay/timeline.ts";
import { viewAt } from "../../replay/view/view.ts";
import { type CaptureOptions, readCapture } from "../../trace/capture/capture.ts";
import { readEvidence } from "../../trace/evidence/evidence.ts";
import { keySourceOf, keyTextOf } from "../../trace/keys/source.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { isPacketdrill, parsePacketdrill } from "../../trace/packetdrill/script.ts";
import { memoryFile } from "../../trace/pcap/capture-file.ts";
import { noProgress } from "../../trace/platform.ts";
import { parseProfile } from "../../trace/profiles/file.ts";
import type { Diagnostic, Trace } from "../../trace/trace.ts";
import { ethernet, ipv4, joined, pcap, pcapngBlocks, tcp } from "../capture-builder.ts";
import { defaults } from "../captures.ts";
import { ciphertext, cleartext, contentsOf } from "../damage/cleartext.ts";
import { sentBy } from "../damage/reading.ts";
import { type Session, sessionOf, suites } from "../damage/sealed-session.ts";
import { captureOf } from "../damage/tcp-capture.ts";
import { seekFailure } from "../simulator/seeks.ts";
import type { Reader } from "./fuzzer.ts";
import { messages, strace, traceLines, words } from "./seeds.ts";

const samples = "media/samples";
const sample = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(samples, name)));
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (input: Uint8Array): string => new TextDecoder().decode(input);
const stories = (): Uint8Array[] =>
  readdirSync(samples)
    .filter((name) => name.endsWith(".tlstrace"))
    .map(sample);

/** No diagnostic is empty, points before the file, or shows a key: so long a run of hex digits of the input. */
function assertClear(diagnostics: readonly Diagnostic[], text = ""): void {
  for (const { message, line } of diagnostics) {
    assert.ok(message !== "" && (line === undefined || line >= 1), JSON.stringify({ message, line }));
    for (const [hex] of message.matchAll(/[0-9a-f]{24,}/gi))
      assert.ok(!text.includes(hex), `a diagnostic shows what may be a key: ${message}`);
  }
}

const lossyKeys = readFileSync(path.join(samples, "lossy.keys"), "utf8");

async function captured(
  input: Uint8Array,
  keys: string,
  options: Partial<CaptureOptions> = {},
): Promise<Trace> {
  const { source, diagnostics } = keySourceOf([keys]);
  assertClear(diagnostics, keys);
  const asked = { ...defaults, ...options };
  const trace = await readCapture(memoryFile("input", input), source, asked, nodePlatform, noProgress);
  assertClear(trace.diagnostics, keys);
  new Timeline(trace).runAll();
  return trace;
}

const pcapngFile = (): Uint8Array => {
  const b = pcapngBlocks(true);
  const packet = ethernet(ipv4(tcp({ seq: 100, payload: 30 })));
  const head = [b.section(), b.interface(1, { resolution: 9, offset: 3 }), b.secrets(lossyKeys)];
  return joined(...head, b.enhanced(0, 1n, packet), b.simple(packet), b.obsolete(0, 9n, packet));
};

/** Sessions whose records leave as they are made here. */
const clearSessions = suites.filter(({ cipher }) => cipher === "aes-128-gcm").map((of) => sessionOf(of));
const clearKeys = clearSessions.map(({ keyLog }) => keyLog).join("");
const captureBy = (session: Session, made: typeof cleartext): Uint8Array =>
  captureOf(
    sentBy(session, Buffer.concat(contentsOf(session).map((content) => made(session, content)))).packets,
  );

/** More events are replayed once, and not in every order. */
const soughtMax = 60;

function replayed(text: string, profile: Profile): void {
  const trace = parseTrace(
    "input",
    text,
    () => profile,
    () => profile,
  );
  assertClear(trace.diagnostics, text);
  if (trace.connections.length === 0) return;
  if (trace.events.count > soughtMax) new Timeline(trace).runAll();
  else assert.equal(seekFailure(trace, trace.events.count), null);
}

/** Which of a list an input is for: follows from it alone. */
const chosen = <T>(list: readonly T[], input: Uint8Array): T =>
  list[input.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7) % list.length]!;

const stoppedAt = (() => {
  let view: ReturnType<typeof viewAt> | null = null;
  return () => {
    if (view !== null) return view;
    const trace = parseTrace("input", textOf(sample("retransmission-in-record.tlstrace")), () => connectx);
    view = viewAt(new Timeline(trace).runAll(), { event: 4, stage: 2 });
    return view;
  };
})();

/** Everything that reads what a user, a file or a client gives. */
export const readers: readonly Reader[] = [
  {
    name: "pcap",
    seeds: () => [
      ...["lossy.pcap", "upload.pcap"].map(sample),
      pcap([{ bytes: ethernet(ipv4(tcp({ seq: 99, flags: "S" }))) }]),
    ],
    read: async (input) => void (await captured(input, lossyKeys)),
  },
  { name: "pcapng", seeds: () => [pcapngFile()], read: async (input) => void (await captured(input, "")) },
  {
    name: "plaintext",
    seeds: () => clearSessions.map((session) => captureBy(session, cleartext)),
    read: async (input) => {
      const other = await captured(captureBy(chosen(clearSessions, input), ciphertext), clearKeys);
      for (const plaintext of [{ other: null }, { other }]) await captured(input, clearKeys, { plaintext });
    },
  },
  {
    name: "gzip",
    seeds: () => [gzipSync(sample("lossy.pcap")), gzipSync(pcapngFile())].map((b) => Uint8Array.from(b)),
    read: async (input) => void (await captured(input, lossyKeys)),
  },
  ...(["key-log", "crypto-info", "strace"] as const).map((name) => ({
    name,
    seeds: () => [bytesOf({ "key-log": lossyKeys, "crypto-info": words.cryptoInfo, strace }[name])],
    read: async (input: Uint8Array) => {
      const text = keyTextOf(input);
      if (text !== null) await captured(sample("lossy.pcap"), text);
    },
  })),
  { name: "trace", seeds: stories, read: (input) => replayed(textOf(input), connectx) },
  { name: "replay", seeds: stories, read: (input) => replayed(textOf(input), chosen(profiles, input)) },
  {
    name: "packetdrill",
    seeds: () => [sample("fast-retransmit.pkt")],
    read: (input) => {
      isPacketdrill("input", textOf(input));
      const trace = parsePacketdrill("input", textOf(input), chosen(profiles, input));
      assertClear(trace.diagnostics, textOf(input));
      new Timeline(trace).runAll();
    },
  },
  {
    name: "profile",
    seeds: () => [sample("my-nic.nic.json")],
    read: (input) => {
      const { profile, diagnostics } = parseProfile("input", textOf(input));
      assert.equal(profile === null, diagnostics.length > 0);
      assertClear(diagnostics);
      if (profile !== null) replayed(textOf(sample("my-nic.tlstrace")), profile);
    },
  },
  ...["ftrace", "counters"].map((name) => ({
    name,
    seeds: () =>
      name === "ftrace"
        ? [bytesOf(traceLines), sample("evidence/agrees.trace")]
        : [
            bytesOf(words.counters),
            sample("evidence/agrees-before.txt"),
            sample("evidence/agrees-after.txt"),
          ],
    read: (input: Uint8Array) =>
      assertClear(readEvidence([{ name: "input", text: textOf(input) }]).diagnostics),
  })),
  {
    name: "expression",
    seeds: () => words.expressions.map(bytesOf),
    read: (input) => {
      const [text, view] = [textOf(input), stoppedAt()];
      completions(view, text);
      evaluate(view, parseExpression(text));
    },
  },
  {
    name: "message",
    seeds: () => messages.map(bytesOf),
    read: (input) => {
      const reader = new MessageReader();
      for (const size of [input.length >> 1, input.length]) reader.push(Buffer.from(input.subarray(0, size)));
      while (reader.next() !== null);
    },
  },
];
