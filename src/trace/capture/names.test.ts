import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readBytes } from "../../test/captures.ts";
import type { Trace } from "../trace.ts";
import { readHostNames, shortNames } from "./names.ts";

/** Names of connections, each written `CLIENT>SERVER`, `-` before one that speaks no TLS, `<` before one whose server sent first. */
function named(...flows: string[]): string {
  const ends = flows.map((flow) => flow.replace(/^[-<]/, "").split(">") as [string, string]);
  const names = shortNames(
    ends.map(([client, server], i) => ({
      ends: flows[i]!.startsWith("<") ? [server, client] : [client, server],
    })),
    flows.map((flow) => (flow.startsWith("-") ? undefined : flow.startsWith("<") ? 1 : 0)),
  );
  return names.map((both) => both?.join(" ") ?? "-").join(", ");
}

test("hosts are letters in the order of first frames, a client before its server", () => {
  assert.equal(named("1.1.1.1:5>2.2.2.2:443"), "A>B B>A");
  assert.equal(named("1.1.1.1:5>2.2.2.2:443", "3.3.3.3:9>2.2.2.2:443"), "A>B B>A, C>B B>C");
  assert.equal(named("-9.9.9.9:5>8.8.8.8:53", "1.1.1.1:5>2.2.2.2:443"), "-, A>B B>A");
  assert.equal(named("[::1]:5>[fe80::2]:443"), "A>B B>A");
});

test("the client has the first letter also where the server sent the first frame that was captured", () => {
  assert.equal(named("<1.1.1.1:5>2.2.2.2:443"), "B>A A>B");
});

test("further connections of two hosts are counted, whoever opens them", () => {
  assert.equal(
    named("a:1>b:443", "a:2>b:443", "b:3>a:22", "a:4>c:443", "a:5>b:8443"),
    "A>B B>A, A>B2 B>A2, B>A3 A>B3, A>C C>A, A>B4 B>A4",
  );
});

test("hosts can have names of their own, and letters pass by those that are taken", () => {
  const flows = [
    { ends: ["10.0.0.1:5", "[fd00::2]:443"] },
    { ends: ["10.0.0.1:6", "[fd00::2]:443"] },
    { ends: ["10.0.0.9:7", "10.0.0.8:443"] },
  ] as const;
  const named = (text: string) =>
    shortNames(flows, [0, 0, 0], readHostNames(text)!)
      .map((both) => both!.join(" "))
      .join(", ");
  assert.equal(named("web=fd00::2"), "A>web web>A, A>web2 web>A2, B>C C>B");
  assert.equal(named("client=10.0.0.1, B=[fd00::2]"), "client>B B>client, client>B2 B>client2, A>C C>A");
  assert.equal(named("A=10.0.0.8"), "B>C C>B, B>C2 C>B2, D>A A>D");
});

test("what gives hosts no clear names is none", () => {
  for (const text of [
    "",
    "web",
    "web=",
    "=1.2.3.4",
    "web1=1.2.3.4",
    "a b=1.2.3.4",
    "a>b=1.2.3.4",
    "#=1.2.3.4",
  ])
    assert.equal(readHostNames(text), null, text);
  for (const text of [
    "a=1.2.3.4,a=1.2.3.5",
    "a=1.2.3.4,b=1.2.3.4",
    "a=1.2.3.4,",
    "a=1.2.3.4=5",
    "__proto__=1.2.3.4",
  ])
    assert.equal(readHostNames(text), null, text);
});

test("a host that talks to itself is two", () => {
  assert.equal(named("::1:5>::1:443", "::1:6>::1:443", "x:7>::1:443"), "A>B B>A, A>B2 B>A2, C>A A>C");
});

test("names are distinct, however many hosts and connections there are, and stay as the capture grows", () => {
  const flows = Array.from({ length: 2000 }, (_, i) => `${i % 97}:${i}>${(i * 7) % 89}:443`);
  const all = named(...flows);
  const names = all.split(/, | /);
  assert.equal(new Set(names).size, 4000);
  for (const name of names) assert.match(name, /^[A-Z]+>[A-Z]+\d*$/);
  assert.ok(all.startsWith(named(...flows.slice(0, 1000))));
  const seven = Array.from({ length: 704 }, (_, i) => `${i}:1>server:443`);
  assert.ok(named(...seven).endsWith("AAC>B B>AAC"), "A … Z, AA … ZZ, AAA, as in a spreadsheet");
});

const capture = {
  bytes: new Uint8Array(readFileSync("media/samples/lossy.pcap")),
  keyLogs: [readFileSync("media/samples/lossy.keys", "utf8")],
  cryptoInfos: [],
};
const namesIn = ({ connections, streams }: Trace) => [
  connections.map(({ name, flow }) => `${name} ${flow}`),
  streams.map(({ short, name }) => `${short} ${name}`),
];
const upward = "A>B 10.77.0.2:46348>10.77.0.1:20019";
const downward = "B>A 10.77.0.1:20019>10.77.0.2:46348";

test("a capture's streams have both names, and globs select by either", async () => {
  const streamsAs = async (...streams: string[]) => namesIn(await readBytes(capture, { streams }));
  assert.deepEqual(await streamsAs(), [
    [upward, downward],
    [upward, downward],
  ]);
  for (const glob of ["B>A", "b>?", "*:20019>*", "10.77.0.1:20019>10.77.0.2:46348", "*.1:*>*"])
    assert.deepEqual(await streamsAs(glob), [[downward], [downward]], glob);
  assert.deepEqual(await streamsAs("A>B", "*:20019>*"), await streamsAs());
});

test("streams can go by addresses and ports instead", async () => {
  const trace = await readBytes(capture, { names: "full" });
  assert.ok(trace.connections.every(({ name, flow }) => name === flow && /:20019/.test(name)));
  assert.ok(trace.streams.every(({ name, short }) => name === short));
});
