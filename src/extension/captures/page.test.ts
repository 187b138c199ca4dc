import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { translateBy } from "../../pictures/words.ts";
import { mainOf, pageCommands, pageOf, saidOf } from "./page.ts";
import type { Shown } from "./shown.ts";
import { type StreamRow, VerdictRows } from "./verdict-rows.ts";

const stream = (given: Partial<StreamRow>): StreamRow => ({
  stream: "10.0.0.1:443>10.0.0.2:5000",
  verdict: "right",
  reason: null,
  version: "1.2",
  cipher: "aes-128-gcm",
  hasKeys: true,
  records: 3,
  authenticated: 3,
  transmits: 4,
  bytes: 4000,
  compared: 4000,
  wrong: 0,
  note: null,
  ...given,
});

const file = {
  verdict: "right",
  reason: null,
  packets: 9,
  streams: 1,
  records: 3,
  authenticated: 3,
  bytes: 4000,
  compared: 4000,
  keys: ["/w/logs/a.keys"],
  diagnostics: [],
};

function rowsOf(...rows: object[]): VerdictRows {
  const all = new VerdictRows();
  for (const row of rows) all.add(JSON.stringify(row));
  return all;
}

const shown = (given: Partial<Shown>): Shown => ({
  uri: "file:///w/a.pcap",
  name: "a.pcap",
  size: 5000,
  progress: "done",
  rows: rowsOf({ kind: "stream", ...stream({}) }, { kind: "file", ...file }),
  isLookedUp: false,
  isTrusted: true,
  t: translateBy({}),
  language: "en",
  ...given,
});
const page = (given: Partial<Shown>): string => mainOf(shown(given));

/** Commands of a page's links, with their arguments. */
const linksOf = (html: string): [string, unknown[]][] =>
  [...html.matchAll(/href="([^"]*)"/g)].map(([, address]) => {
    const text = address!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    const [, command, args] = /^command:([\w.]+)\?(.*)$/.exec(text) ?? [];
    return [command ?? text, JSON.parse(decodeURIComponent(args ?? "[]"))];
  });

test("a page loads its script and style alone, and links to its commands alone", () => {
  const parts = { source: "https://w", script: "https://w/c.js", style: "https://w/c.css", nonce: "0123" };
  const html = pageOf({ name: "<a>.pcap", language: "en" }, parts);
  assert.match(html, /content="default-src 'none'; style-src https:\/\/w; script-src 'nonce-0123';"/);
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.match(html, /<title>&#60;a&#62;\.pcap<\/title>/);
  const main = page({});
  assert.doesNotMatch(main, /<script|<img|src=|https?:|style=/);
  for (const [command] of linksOf(main)) assert.ok(pageCommands.includes(command), command);
});

test("a name with a percent sign comes to its command as it is, however often an editor decodes the link", () => {
  const uri = "file:///w/a%20b%2520.pcap";
  const [, args] = /\?([^"]*)"/.exec(page({ uri }))!;
  const once = decodeURIComponent(args!);
  for (const text of [once, decodeURIComponent(once)]) assert.deepEqual(JSON.parse(text), [uri]);
});

test("whatever a file says of itself is text: no tag, no attribute, no turned direction", () => {
  const hostile = `"><script>alert(1)</script>\u202e'&\u0007`;
  const html = page({
    name: hostile,
    uri: `file:///w/${hostile}`,
    isLookedUp: true,
    rows: rowsOf(
      {
        kind: "stream",
        ...stream({ stream: hostile, verdict: hostile, cipher: hostile, note: hostile, version: hostile }),
      },
      { kind: "wrong", text: hostile },
      { kind: "file", ...file, verdict: hostile, reason: hostile, keys: [hostile], diagnostics: [hostile] },
    ),
  });
  for (const part of ["<script", "\u202e", "\u0007"]) assert.ok(!html.includes(part));
  assert.doesNotMatch(html, /alert\(1\)<\//);
  const streams = linksOf(html).filter(([command]) => command === "tlstrace.debugStream");
  assert.deepEqual(streams, [["tlstrace.debugStream", [`file:///w/${hostile}`, hostile]]]);
});

test("a stream is a row of a table with a header of its own, and a button that names it", () => {
  const html = page({});
  assert.match(html, /<caption>/);
  assert.match(
    html,
    /<th role="rowheader" scope="row">10\.0\.0\.1:443&#62;<wbr>10\.0\.0\.2:5000<\/th><td role="cell" class="right">✓ right<\/td>/,
  );
  assert.match(html, /aria-label="Debug stream 10\.0\.0\.1:443&#62;10\.0\.0\.2:5000"/);
});

test("while it is verified there is Cancel in place of Verify, and nothing is said of the capture", () => {
  const html = page({ progress: "running", rows: rowsOf() });
  const commands = linksOf(html).map(([command]) => command);
  assert.ok(commands.includes("tlstrace.cancelVerify") && !commands.includes("tlstrace.verify"));
  assert.doesNotMatch(html, /right|<table/i);
  assert.match(page({ progress: "cancelled", rows: rowsOf() }), /cancelled: nothing is said/);
  assert.match(page({ progress: { failed: "no <such> file" } }), /no &#60;such&#62; file/);
  assert.match(page({ progress: "done", rows: rowsOf() }), /without a verdict/);
});

test("what was found before stands below while it is verified once more, and says so", () => {
  const html = page({ progress: "running" });
  assert.match(html, /Verifying again: what stands below was found before/);
  assert.match(html, /<table/);
  assert.doesNotMatch(html, /<h2>✓ Right/);
});

test("of what has no stream nothing can be done but to look again", () => {
  const none = { ...file, verdict: "unreadable", streams: 0, records: 0, bytes: 0, keys: [] };
  const reason = "a.pcap is empty";
  const html = page({
    rows: rowsOf({ kind: "file", ...none, reason, diagnostics: [`tlstrace: ${reason}`] }),
  });
  assert.deepEqual(
    linksOf(html).map(([command]) => command),
    ["tlstrace.verify"],
  );
  // Once, and not as a complaint as well.
  assert.equal(html.split(reason).length, 2);
});

test("the wrong streams stand first, also of more than a page has", () => {
  const many = Array.from({ length: 2000 }, (_, i) => ({ kind: "stream", ...stream({ stream: `s${i}` }) }));
  const wrong = { kind: "stream", ...stream({ stream: "bad", verdict: "wrong", wrong: 1 }) };
  const silent = {
    kind: "stream",
    ...stream({ verdict: "unchecked", reason: "nothing-sent", stream: "silent" }),
  };
  const order = rowsOf(silent, many[0]!, wrong).streams.map((row) => row.stream);
  assert.deepEqual(order, ["bad", "s0", "silent"]);
  const { streams } = rowsOf(...many, wrong, { kind: "file", ...file, streams: 2001 });
  assert.deepEqual([streams.length, streams[0]!.stream, streams[1]!.stream], [1000, "bad", "s0"]);
});

test("why streams are unchecked is said at length once, however many there are", () => {
  const note = "no keys are given: record map without decryption";
  const rows = Array.from({ length: 5 }, () => ({
    kind: "stream",
    ...stream({ verdict: "unchecked", reason: "no-keys", note }),
  }));
  const html = page({ rows: rowsOf(...rows, { kind: "file", ...file }) });
  assert.equal(html.split(note).length, 2);
  assert.equal(html.split("<small>no keys</small>").length, 6);
});

test("a screen reader is told what has come of it", () => {
  assert.equal(saidOf(shown({})), "✓ Right");
  assert.equal(saidOf(shown({ progress: { failed: "no such file" } })), "no such file");
  assert.equal(saidOf(shown({ progress: "running" })), "The capture is being verified");
});

test("keys that were looked up are offered by their names, those that were given are told", () => {
  const used = (html: string) => linksOf(html).filter(([command]) => command === "tlstrace.useKeys");
  assert.deepEqual(used(page({ isLookedUp: true })), [
    ["tlstrace.useKeys", ["file:///w/a.pcap", ["/w/logs/a.keys"]]],
  ]);
  assert.deepEqual(used(page({})), []);
  assert.match(page({}), /Keys: a\.keys/);
  const own = rowsOf({ kind: "stream", ...stream({}) }, { kind: "file", ...file, keys: [] });
  assert.match(page({ rows: own }), /brings its keys/);
  const none = rowsOf({ kind: "stream", ...stream({ hasKeys: false }) }, { kind: "file", ...file, keys: [] });
  assert.match(page({ rows: none }), /No key file was used/);
});

test("of many streams and places a page has as many as one can read, and says how many more there are", () => {
  const many = Array.from({ length: 1003 }, (_, i) => ({ kind: "stream", ...stream({ stream: `s${i}` }) }));
  const places = Array.from({ length: 500 }, (_, i) => ({ kind: "wrong", text: `frame ${i}: wrong` }));
  const rows = rowsOf(...many, ...places, { kind: "file", ...file, streams: 1003 });
  rows.add("no row");
  const html = page({ rows });
  assert.match(html, /<p>More streams: 3; tlstrace verify lists all/);
  assert.equal(html.match(/scope="row">/g)?.length, 1000);
  assert.equal(html.match(/<li>/g)?.length, 100);
});

test("a page in German says all that is its own in German, and the command line's verdict as it is", () => {
  const t = translateBy(JSON.parse(readFileSync("media/l10n/bundle.l10n.de.json", "utf8")));
  const html = page({ t, language: "de", isLookedUp: true });
  assert.match(html, /5\.000 Byte, 9 Pakete, 1 TLS-Stream</);
  assert.match(html, /aria-label="Stream 10\.0\.0\.1:443&#62;10\.0\.0\.2:5000 debuggen"/);
  assert.match(
    html,
    /Authentifizierte Records: 3 von 3\. Verglichene mitgeschnittene Bytes: 4\.000 von 4\.000\./,
  );
  assert.match(html, /Schlüssel seiner Sitzungen liegen im Arbeitsbereich: a\.keys\./);
  assert.match(html, />✓ right</);
});

/** 181 packets, two streams: what tshark counts in the sample. */
test("the command line's rows of the sample are what a page shows", () => {
  const run = spawnSync(
    process.execPath,
    ["dist/cli.js", "verify", "--json", "--jobs", "1", "--names", "full", "media/samples/lossy.pcap"],
    { encoding: "utf8" },
  );
  const rows = new VerdictRows();
  for (const line of run.stdout.split("\n")) rows.add(line);
  assert.equal(rows.file?.packets, 181);
  assert.deepEqual(
    rows.streams.map((row) => [row.stream, row.verdict, row.hasKeys]),
    [
      ["10.77.0.2:46348>10.77.0.1:20019", "right", true],
      ["10.77.0.1:20019>10.77.0.2:46348", "right", true],
    ],
  );
  const html = page({ rows });
  assert.match(html, /181 packets, 2 TLS streams/);
  const secrets = /[0-9a-f]{64}/i;
  assert.doesNotMatch(html, secrets);
});
