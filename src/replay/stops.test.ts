import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { stages } from "../core/words/stage.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { Sign, signsNamed } from "../trace/signs.ts";
import { Findings, type Judged, noFindings } from "./findings.ts";
import { parseExpression } from "./language/parse.ts";
import { parseHit, type StopRule, StopSearch, stagesNamed } from "./stops.ts";
import { Timeline } from "./timeline.ts";

const text = readFileSync("media/samples/retransmission-in-record.tlstrace", "utf8");
const timeline = new Timeline(parseTrace("sample", text, profileById)).runAll();

const plain: Judged = { timeline, findings: noFindings };

const rule = (fields: Partial<StopRule>): StopRule => ({
  id: 1,
  label: "rule",
  kind: "sign",
  condition: null,
  hit: null,
  ...fields,
});
const outOfOrder = rule({ signs: signsNamed("out-of-order") });
const resync = rule({ id: 2, signs: signsNamed("resync") });

/** Every stop of a continue from the start to the end (or back), as `event/stage`. */
function stopsOf(rules: StopRule[], direction: 1 | -1 = 1, judged: Judged = plain): string[] {
  const { timeline } = judged;
  const search = new StopSearch(judged, rules);
  const stops: string[] = [];
  let at = direction === 1 ? { event: 0, stage: -1 } : { event: timeline.eventCount - 1, stage: 99 };
  for (;;) {
    const { found, at: reached, ended } = search.next(at, direction, 3);
    if (found)
      stops.push(
        `${found.position.event}/${stages[timeline.record(found.position.event).stages[found.position.stage]!.stage]!.name}`,
      );
    if (ended) return stops;
    at = reached;
  }
}

// Events of the sample: 0 send, 1 to 4 transmits (4 is out of order), 5 ack, 6 the retransmission, 7 in order, 8 ack.
const cases: [what: string, rules: StopRule[], stops: string[]][] = [
  ["out-of-order transmits", [outOfOrder], ["4/driver.check", "6/driver.check"]],
  [
    "out of order and resync in one event are two stops",
    [outOfOrder, resync],
    ["4/driver.check", "4/driver.resync", "6/driver.check", "6/driver.resync"],
  ],
  [
    "a condition",
    [rule({ signs: signsNamed("out-of-order"), condition: parseExpression("packet.length > 1448") })],
    ["4/driver.check"],
  ],
  [
    "a hit condition",
    [rule({ signs: signsNamed("encrypted"), hit: parseHit("%2") })],
    ["2/driver.advance", "6/driver.advance"],
  ],
  [
    "a hit condition behind a condition",
    [
      rule({
        signs: signsNamed("encrypted"),
        condition: parseExpression("packet.outOfOrder"),
        hit: parseHit("2"),
      }),
    ],
    ["6/driver.advance"],
  ],
  [
    "a kernel function",
    [rule({ kind: "function", names: "tls_get_record" })],
    ["4/tls.getRecord", "6/tls.getRecord"],
  ],
  [
    "a glob of stages",
    [rule({ kind: "function", names: "tls.*Acked" })],
    ["5/tls.cleanAcked", "8/tls.cleanAcked"],
  ],
  ["a line", [rule({ kind: "line", events: Int32Array.of(3, 5) })], ["3/skb", "5/tcp.ack"]],
  ["nothing", [rule({ signs: signsNamed("plaintext") })], []],
];
for (const [what, rules, stops] of cases) {
  test(`${what}: stops forwards, and the same backwards`, () => {
    assert.deepEqual(stopsOf(rules), stops);
    assert.deepEqual(stopsOf(rules, -1), stops.toReversed());
  });
}

test("a name that means nothing names no stage", () => {
  assert.deepEqual(stagesNamed("tls_frobnicate"), []);
  assert.deepEqual(
    stagesNamed("driver.resync").map((n) => stages[n]!.name),
    ["driver.resync"],
  );
});

test("hit conditions: a number is that occurrence", () => {
  const hits = (condition: string) => [1, 2, 3, 4, 5, 6].filter(parseHit(condition));
  assert.deepEqual(hits("3"), [3]);
  assert.deepEqual(hits(">= 5"), [5, 6]);
  assert.deepEqual(hits("<3"), [1, 2]);
  assert.deepEqual(hits("%3"), [3, 6]);
  assert.throws(() => parseHit("often"), /hit condition/);
});

test("a hit condition picks among the events at which the rule stops without it, in both directions", () => {
  const functions = ["skb", "driver.check", "driver.advance", "wire", "tls.getRecord"];
  for (const names of functions) {
    const stage = new Set(stagesNamed(names));
    assert.ok(stage.size > 0, names);
    for (const hit of ["2", "%2", ">1", "<3", ">100"]) {
      const all = stopsOf([rule({ kind: "function", names })]);
      // Several stops in one event are one hit.
      const events = [...new Set(all.map((stop) => stop.split("/")[0]!))];
      const picked = new Set(events.filter((_, i) => parseHit(hit)(i + 1)));
      const expected = all.filter((stop) => picked.has(stop.split("/")[0]!));
      const counted = [rule({ kind: "function", names, hit: parseHit(hit) })];
      assert.deepEqual(stopsOf(counted), expected, `${names} ${hit}`);
      assert.deepEqual(stopsOf(counted, -1), expected.toReversed(), `${names} ${hit} backwards`);
    }
  }
});

test("findings stop as effects do, at their stage or behind the event's last, among the effects in both directions", () => {
  const found = (name: "wire-differs" | "evidence-differs", event: number, stage: number) => ({
    ...{ kind: Sign[name], a: 0, b: 0, event, stage, place: "", text: "" },
  });
  const findings = new Findings({
    findings: [found("evidence-differs", 6, 2), found("wire-differs", 4, -1), found("wire-differs", 1, 99)],
  });
  const judged = { timeline, findings };
  const rules = [rule({ signs: signsNamed("out-of-order", "wire-differs", "evidence-differs") })];
  const stops = ["1/wire", "4/driver.check", "4/wire", "6/driver.check", "6/tls.getRecord"];
  assert.deepEqual(stopsOf(rules, 1, judged), stops);
  assert.deepEqual(stopsOf(rules, -1, judged), stops.toReversed());
});

test("hits are counted once, in either direction: twice the events take twice the records", () => {
  const packets = (count: number) => {
    const sends = Array.from(
      { length: count },
      (_, i) => `+0 web > ${(i % 2) * 60}:${(i % 2) * 60 + 50}(50)`,
    );
    return `device eth0\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n+0 web send 1000\n${sends.join("\n")}\n`;
  };
  const recordsOf = (count: number, direction: 1 | -1): [stops: number, recorded: number] => {
    const timeline = new Timeline(parseTrace("packets", packets(count), profileById)).runAll();
    let recorded = 0;
    const record = timeline.record.bind(timeline);
    timeline.record = (event) => {
      recorded++;
      return record(event);
    };
    const judged = { timeline, findings: noFindings };
    return [
      stopsOf([rule({ signs: signsNamed("out-of-order"), hit: parseHit("%10") })], direction, judged).length,
      recorded,
    ];
  };
  const [stops, forwards] = recordsOf(200, 1);
  const [stopsBack, backwards] = recordsOf(200, -1);
  const [, twice] = recordsOf(400, -1);
  assert.equal(stopsBack, stops);
  assert.ok(stops > 10, `${stops} stops`);
  assert.ok(backwards < 3 * forwards, `${backwards} records backwards, ${forwards} forwards`);
  assert.ok(twice < 2.2 * backwards, `${twice} records, of half the events ${backwards}`);
});
