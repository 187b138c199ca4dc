import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { messageIn } from "../../cli/conversation.ts";
import { MessageReader } from "../../cli/message-reader.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { profileById, profiles } from "../../core/profiles/all.ts";
import { connectx } from "../../core/profiles/connectx.ts";
import { layEvidence } from "../../judge/evidence/evidence.ts";
import { completions, evaluate } from "../../replay/expression.ts";
import { parseExpression } from "../../replay/language/parse.ts";
import { Timeline } from "../../replay/timeline.ts";
import { viewAt } from "../../replay/view/view.ts";
import { type Evidence, readEvidence } from "../../trace/evidence/evidence.ts";
import { keyTextOf } from "../../trace/keys/source.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { printTrace } from "../../trace/language/print.ts";
import { isPacketdrill, parsePacketdrill } from "../../trace/packetdrill/script.ts";
import { parseProfile } from "../../trace/profiles/file.ts";
import type { Trace } from "../../trace/trace.ts";
import { comparable } from "../comparable.ts";
import { ciphertext, cleartext, contentsOf } from "../damage/cleartext.ts";
import { sentBy } from "../damage/reading.ts";
import { type Session, sessionOf, suites } from "../damage/sealed-session.ts";
import { captureOf } from "../damage/tcp-capture.ts";
import * as evidence from "../evidence-sample.ts";
import { failuresOf } from "../simulator/check.ts";
import { mutate } from "../simulator/mutate.ts";
import { seekFailure } from "../simulator/seeks.ts";
import {
  asPcapng,
  assertClear,
  captured,
  capturedWithin,
  corpusCaptures,
  pcapForms,
  pcapngForms,
} from "./captures.ts";
import { damagedJson, damagedLines } from "./damage-json.ts";
import { askedAsDocument } from "./documents.ts";
import type { Reader } from "./fuzzer.ts";
import { askAll, requestLines } from "./requests.ts";
import {
  cryptoInfoOf,
  everyForm,
  everyScript,
  messages,
  profileFiles,
  straceOf,
  traceLines,
  words,
} from "./seeds.ts";

const samples = "media/samples";
const sample = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(samples, name)));
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (input: Uint8Array): string => new TextDecoder().decode(input);
const stories = (): Uint8Array[] => [
  ...readdirSync(samples)
    .filter((name) => name.endsWith(".tlstrace"))
    .map(sample),
  bytesOf(everyForm),
];

/** Made when first asked for. */
function memo<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const lossyKeys = readFileSync(path.join(samples, "lossy.keys"), "utf8");
const [pcaps, pcapngs] = [corpusCaptures(".pcap"), corpusCaptures(".pcapng")];

/** Sessions whose records leave as they are made here. */
const clearSessions = suites.filter(({ cipher }) => cipher === "aes-128-gcm").map((of) => sessionOf(of));
const clearKeys = clearSessions.map(({ keyLog }) => keyLog).join("");
const captureBy = (session: Session, made: typeof cleartext): Uint8Array =>
  captureOf(
    sentBy(session, Buffer.concat(contentsOf(session).map((content) => made(session, content)))).packets,
  );

/** What a sender's plaintext is held against: nothing, or the wire of one of the sessions. */
const clearOthers = memo(async (): Promise<(Trace | null)[]> => {
  const wires = clearSessions.map((session) => captured(captureBy(session, ciphertext), clearKeys));
  return [null, ...(await Promise.all(wires))];
});

/** A session that is as it should be, and its capture. */
const keyed = clearSessions[0]!;
const keyedCapture = captureBy(keyed, ciphertext);
const keyTexts = { "key-log": keyed.keyLog, "crypto-info": cryptoInfoOf(keyed), strace: straceOf(keyed) };

/** More events are replayed once, and not in every order. */
const soughtMax = 60;

/** Replays a trace, a short one in every order; false if there is nothing to replay. */
function replayed(text: string, profile: Profile): boolean {
  const trace = parseTrace(
    "input",
    text,
    () => profile,
    () => profile,
  );
  assertClear(trace.diagnostics, text);
  if (trace.connections.length === 0) return false;
  if (trace.events.count > soughtMax) new Timeline(trace).runAll();
  else assert.equal(seekFailure(trace, trace.events.count), null);
  return true;
}

const hasErrors = ({ diagnostics }: { diagnostics: readonly { severity: string }[] }): boolean =>
  diagnostics.some(({ severity }) => severity === "error");

/** Reads a trace: what could be read of it, printed, reads as the same. */
function reprinted(text: string): boolean {
  const trace = parseTrace("input", text, profileById);
  assertClear(trace.diagnostics, text);
  const again = parseTrace("input", printTrace(trace), profileById);
  const errors = again.diagnostics.filter(
    ({ severity, message }) => severity === "error" && !/longer than 32 bytes/.test(message),
  );
  assert.equal(errors.length, trace.connections.length === 0 ? 1 : 0, errors[0]?.message);
  assert.deepEqual(comparable(again), comparable(trace));
  return trace.connections.length > 0;
}

/** Above this a replay by the slow reference would take long. */
const referenceMax = 50_000;

/** Reads a script; what is read of it replays with right bytes. */
function scripted(text: string, profile: Profile): boolean {
  isPacketdrill("input", text);
  const trace = parsePacketdrill("input", text, profile);
  assertClear(trace.diagnostics, text);
  assert.ok(trace.connections.length > 0 || hasErrors(trace));
  const sent = trace.events.length.values.subarray(0, trace.events.count).reduce((sum, n) => sum + n, 0);
  if (sent <= referenceMax) assert.deepEqual(failuresOf(trace), []);
  else new Timeline(trace).runAll();
  return trace.connections.length > 0;
}

/** Reads a profile file: it is refused at a place of its text, or can be replayed. */
function profiled(text: string): boolean {
  const { profile, diagnostics } = parseProfile("input", text);
  assert.equal(profile === null, diagnostics.length > 0);
  assertClear(diagnostics);
  const lines = text.split(/\r\n?|\n/);
  for (const { line, start, end } of diagnostics)
    assert.ok(start! >= 0 && start! <= end! && end! <= lines[line! - 1]!.length);
  if (profile !== null) replayed(textOf(sample("my-nic.tlstrace")), profile);
  return profile !== null;
}

/** Rows of evidence have places in its text, times in order, and numbers that add up. */
function assertTold({ tracepoints, counters, diagnostics }: Evidence, text: string): void {
  const lines = text.split("\n").length;
  for (const [i, row] of tracepoints.entries()) {
    assert.ok(row.line >= 1 && row.line <= lines);
    assert.ok(row.timeNs >= (tracepoints[i - 1]?.timeNs ?? 0) && Number.isInteger(row.timeNs));
    assert.ok(Number.isInteger(row.cpu) && Number.isInteger(row.pid));
    assert.ok(row.sk === null || /^[1-9a-f][0-9a-f]{0,15}$/.test(row.sk));
  }
  for (const { before, after, delta, line } of counters) {
    assert.ok(line >= 1 && line <= lines && (before !== null || after !== null));
    if (delta === null) assert.ok(before === null || after === null);
    else assert.equal(BigInt.asUintN(64, before! + delta), after);
  }
  for (const { line, message, file } of diagnostics)
    assert.ok(line! >= 1 && line! <= lines && message !== "" && file !== "");
}

const replay = memo(evidence.replay);

/** Reads evidence and lays it over a replay. */
function told(text: string): boolean {
  const read = readEvidence([{ name: "input", text }]);
  assertTold(read, text);
  assertClear(read.diagnostics);
  layEvidence(replay(), read);
  return read.tracepoints.length + read.counters.length > 0;
}

/** Which of a list an input is for: follows from it alone. */
const chosen = <T>(list: readonly T[], input: Uint8Array): T =>
  list[input.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7) % list.length]!;

const stoppedAt = memo(() => {
  const trace = parseTrace("input", textOf(sample("retransmission-in-record.tlstrace")), () => connectx);
  return viewAt(new Timeline(trace).runAll(), { event: 4, stage: 2 });
});

/** A gzip whose content is damaged and its check sum is right; null if there is none. */
function damagedInside(input: Uint8Array, _: Uint8Array, random: () => number): Uint8Array | null {
  try {
    const inner = gunzipSync(input, { maxOutputLength: 1 << 20 });
    return Uint8Array.from(gzipSync(mutate(inner, random), { level: Math.floor(random() * 10) }));
  } catch {
    return null;
  }
}

/** Everything that reads what a user, a file or a client gives. */
export const readers: readonly Reader[] = [
  {
    name: "pcap",
    seeds: () => [...["lossy.pcap", "upload.pcap"].map(sample), ...pcapForms(), ...pcaps.captures],
    read: (input) => capturedWithin(input, lossyKeys + pcaps.keys),
  },
  {
    name: "pcapng",
    seeds: () => [asPcapng(keyedCapture, keyed.keyLog), ...pcapngForms(lossyKeys), ...pcapngs.captures],
    read: (input) => capturedWithin(input, pcapngs.keys),
  },
  {
    name: "plaintext",
    seeds: () => clearSessions.map((session) => captureBy(session, cleartext)),
    read: async (input) => {
      const other = chosen(await clearOthers(), input);
      const trace = await captured(input, clearKeys, { plaintext: { other } });
      return trace.connections.length > 0;
    },
  },
  {
    name: "gzip",
    seeds: () =>
      [keyedCapture, sample("lossy.pcap"), pcapngForms("")[2]!].map((b) => Uint8Array.from(gzipSync(b))),
    read: (input) => capturedWithin(input, lossyKeys + keyed.keyLog),
    damaged: damagedInside,
  },
  ...(["key-log", "crypto-info", "strace"] as const).map((name) => ({
    name,
    seeds: () => [bytesOf(keyTexts[name]), ...(name === "key-log" ? [bytesOf(lossyKeys)] : [])],
    read: async (input: Uint8Array) => {
      const text = keyTextOf(input);
      if (text !== null) await captured(keyedCapture, text);
      return text !== null;
    },
    ...(name === "crypto-info" && { damaged: damagedJson }),
  })),
  { name: "trace", seeds: stories, read: (input) => reprinted(textOf(input)) },
  {
    name: "document",
    seeds: () => [...stories(), sample("fast-retransmit.pkt")],
    read: (input) => askedAsDocument(textOf(input)),
  },
  { name: "replay", seeds: stories, read: (input) => replayed(textOf(input), chosen(profiles, input)) },
  {
    name: "packetdrill",
    seeds: () => [sample("fast-retransmit.pkt"), bytesOf(everyScript)],
    read: (input) => scripted(textOf(input), chosen(profiles, input)),
  },
  {
    name: "profile",
    seeds: () => [sample("my-nic.nic.json"), ...profileFiles.map(bytesOf)],
    read: (input) => profiled(textOf(input)),
    damaged: damagedJson,
  },
  {
    name: "ftrace",
    seeds: () => [bytesOf(traceLines), sample("evidence/agrees.trace")],
    read: (input) => told(textOf(input)),
  },
  {
    name: "counters",
    seeds: () => [
      bytesOf(words.counters),
      ...["before", "after"].map((when) => sample(`evidence/agrees-${when}.txt`)),
    ],
    read: (input) => told(textOf(input)),
  },
  {
    name: "expression",
    seeds: () => words.expressions.map(bytesOf),
    read: (input) => {
      const [text, view] = [textOf(input), stoppedAt()];
      completions(view, text);
      evaluate(view, parseExpression(text));
      return true;
    },
  },
  {
    name: "message",
    seeds: () => messages.map(bytesOf),
    read: (input) => {
      const reader = new MessageReader(1 << 24);
      for (const size of [input.length >> 1, input.length]) reader.push(Buffer.from(input.subarray(0, size)));
      for (let text = reader.next(); text !== null; text = reader.next()) messageIn(text);
      return true;
    },
  },
  {
    name: "request",
    seeds: () => requestLines.map(bytesOf),
    read: (input) => askAll(textOf(input)),
    damaged: damagedLines,
  },
];
