import assert from "node:assert/strict";
import { test } from "node:test";
import { profiles } from "../core/profiles/all.ts";
import { Kind } from "../core/words/event.ts";
import { longTrace } from "../test/bench/long-trace.ts";
import { interpret, isSame, isTruth, NoNumber } from "../test/reference/expression.ts";
import { Dice } from "../test/simulator/dice.ts";
import { generate, kernelChoices, readStory } from "../test/simulator/generate.ts";
import { settingOf } from "../test/simulator/simulation.ts";
import { UserError } from "../trace/platform.ts";
import { signsNamed } from "../trace/signs.ts";
import { changeAt, followed } from "./changes.ts";
import { compiled } from "./expression-compile.ts";
import { type Judged, noFindings, signsAt } from "./findings.ts";
import { type Expression, parseExpression } from "./language/parse.ts";
import { type StopRule, StopSearch, stagesNamed } from "./stops.ts";
import { Timeline } from "./timeline.ts";
import { judgedView } from "./view/view.ts";

const numbers = [
  "packet.seq",
  "endSeq",
  "length",
  "packet.ack",
  "packet.recordSn",
  "recordOffset",
  "driver.expectedSeq",
  "nic.expectedSeq",
  "nic.recordOffset",
  "nic.epoch",
  "records.count",
  "records[0].endSeq",
  "records[2].length",
  "records.last.sn",
  "record(1).startSeq",
  "tcp.sndUna",
  "tcp.sndNxt",
  "tcp.epoch",
  "driver.counters.tx_tls_ooo",
  "driver.counters.tx_tls_encrypted_bytes",
  "descriptors.prefixLength",
  "descriptors[0].length",
  "descriptors.last.seq",
  "memory.wire",
  "connection(1).driver.expectedSeq",
  "count(transmits where outOfOrder)",
  "count(resync where replayed > 500)",
  "sum(transmits.length where not outOfOrder)",
  "max(encrypted.length)",
  "last(acks.ack)",
];
const flags = [
  "outOfOrder",
  "nic.inStep",
  "driver.paramsPosted",
  "driver.resyncPending",
  "tcp.offloaded",
  "descriptors.last.taken",
  "nic.queueStopped",
];
const texts = [
  "packet.part",
  "tcp.hook",
  "tcp.encryption",
  "driver.context",
  "packet.fate",
  "descriptors[0].kind",
];

/** A random number, by some of the grammar. */
function numberText(dice: Dice, depth: number): string {
  if (depth === 0 || dice.chance(0.5))
    return dice.chance(0.7) ? dice.one(...numbers) : String(dice.from(0, 4000));
  const [a, b] = [numberText(dice, depth - 1), numberText(dice, depth - 1)];
  return dice.one(`(${a} + ${b})`, `${a} - (${b})`, `-${a}`, `${a} * 2`);
}

function conditionText(dice: Dice, depth: number): string {
  if (depth > 0 && dice.chance(0.5)) {
    const [a, b] = [conditionText(dice, depth - 1), conditionText(dice, depth - 1)];
    return dice.one(`${a} and ${b}`, `(${a}) || ${b}`, `not (${a})`, `!(${a}) && (${b})`);
  }
  const [a, b] = [numberText(dice, 1), numberText(dice, 1)];
  const op = dice.one("==", "!=", "<", "<=", ">", ">=");
  const pattern = dice.one("*a*", "tls*", "?????", "*ware*");
  return dice.one(
    `${a} ${op} ${b}`,
    `${a} ${op} ${b}`,
    dice.one(...flags),
    `${a} in ${b}:${b} + 2000`,
    `before(${a}, ${b})`,
    `${dice.one(...texts)} matches '${pattern}'`,
    `${dice.one(...texts)} == ${dice.one(...texts)}`,
  );
}

/** What the reference says at every stage; null where it cannot say: what a word or a fraction is part of. */
function expected(judged: Judged, expression: Expression): { at: string; value: unknown }[] | null {
  const { timeline } = judged;
  const all: { at: string; value: unknown }[] = [];
  try {
    for (let event = 0; event < timeline.eventCount; event++)
      for (const stage of timeline.record(event).stages.keys()) {
        const view = judgedView(judged, { event, stage });
        const value = interpret(judged, view, expression);
        assert.ok(isSame(compiled(expression).of(view), value), `${event}/${stage}`);
        all.push({ at: `${event}/${stage}`, value: isTruth(value) });
      }
  } catch (error) {
    if (error instanceof NoNumber || error instanceof UserError) return null;
    throw error;
  }
  return all;
}

function stopsOf(judged: Judged, rules: StopRule | readonly StopRule[], direction: 1 | -1): string[] {
  const search = new StopSearch(judged, [rules].flat());
  const last = judged.timeline.eventCount - 1;
  let at = direction === 1 ? { event: 0, stage: -1 } : { event: last, stage: Number.MAX_SAFE_INTEGER };
  for (const stops: string[] = []; ; ) {
    const { found, at: reached, ended } = search.next(at, direction, 1);
    if (found) stops.push(`${found.position.event}/${found.position.stage}`);
    if (ended) return stops;
    at = reached;
  }
}

/** A random rule, and whether it means a stage, told without a search. */
function ruleOf(judged: Judged, dice: Dice): { what: string; rule: StopRule; isMeant(at: string): boolean } {
  const { timeline } = judged;
  const bare = { id: 1, label: "", condition: null, hit: null };
  const positionOf = (at: string) => {
    const [event, stage] = at.split("/").map(Number);
    return { event: event!, stage: stage! };
  };
  const kind = dice.one("function", "function", "sign", "line", "data");
  if (kind === "sign") {
    const signs = signsNamed(dice.one("encrypted", "out-of-order", "acknowledged"), "resync");
    const isMeant = (at: string) => signsAt(judged, positionOf(at)).some((sign) => signs.includes(sign.kind));
    return { what: `signs ${signs}`, rule: { ...bare, kind, signs }, isMeant };
  }
  if (kind === "line") {
    const events = Int32Array.from({ length: timeline.eventCount }, (_, event) => event).filter(() =>
      dice.chance(0.3),
    );
    const isMeant = (at: string) => positionOf(at).stage === 0 && events.includes(positionOf(at).event);
    return { what: `lines of ${events}`, rule: { ...bare, kind, events }, isMeant };
  }
  if (kind === "data") {
    const path = dice.one(
      "driver.expectedSeq",
      "nic.expectedSeq",
      "records.count",
      "descriptors",
      "length",
      "abs(nic.expectedSeq) - abs(driver.expectedSeq)",
    );
    const connection = dice.from(0, timeline.trace.connections.length - 1);
    const value = followed(parseExpression(path), connection, timeline);
    const isMeant = (at: string) => changeAt(judged, value, positionOf(at)) !== null;
    return { what: `${path} of ${connection}`, rule: { ...bare, kind, followed: value }, isMeant };
  }
  const names = dice.one("*", "*", "driver.check", "wire", "tls.*");
  const meant = new Set(stagesNamed(names));
  const isMeant = (at: string) => {
    const { event, stage } = positionOf(at);
    return meant.has(timeline.record(event).stages[stage]!.stage);
  };
  return { what: names, rule: { ...bare, kind, names }, isMeant };
}

/** Places in the order of time. */
const inOrder = (places: Iterable<string>): string[] =>
  [...places]
    .map((at) => at.split("/").map(Number) as [number, number])
    .sort(([a, b], [c, d]) => a - c || b - d)
    .map((at) => at.join("/"));

const rounds = Number(process.env.FUZZ ?? 1) * 60;
const firstSeed = Number(process.env.SEED ?? 500);

test("a condition stops exactly where its plain interpretation holds, forwards and backwards", () => {
  let [conditions, stops, kept] = [0, 0, 0];
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const dice = new Dice(seed);
    const setting = settingOf(seed, profiles, kernelChoices);
    const timeline = new Timeline(readStory(generate(seed, setting), setting.profile)).runAll();
    const judged: Judged = { timeline, findings: noFindings };
    if (timeline.eventCount === 0) continue;
    // Rules together stop wherever one of them does: those that lists tell of, and those that need a run.
    const together: StopRule[] = [];
    const held = new Set<string>();
    for (let i = 0; i < 6; i++) {
      const text = conditionText(dice, 2);
      const condition = parseExpression(text);
      const wanted = expected(judged, condition);
      conditions++;
      if (wanted === null) continue;
      kept++;
      const { what, rule, isMeant } = ruleOf(judged, dice);
      const holding = wanted.filter(({ at, value }) => value === true && isMeant(at)).map(({ at }) => at);
      const where = `seed ${seed}: ${what} if ${text}`;
      assert.deepEqual(stopsOf(judged, { ...rule, condition }, 1), holding, where);
      assert.deepEqual(
        stopsOf(judged, { ...rule, condition }, -1),
        holding.toReversed(),
        `${where}, backwards`,
      );
      stops += holding.length;
      together.push({ ...rule, condition });
      for (const at of holding) held.add(at);
      const bare = ruleOf(judged, dice);
      if (bare.rule.kind !== "line" && bare.rule.kind !== "sign") continue;
      together.push(bare.rule);
      for (const { at } of wanted) if (bare.isMeant(at)) held.add(at);
    }
    const all = inOrder(held);
    assert.deepEqual(stopsOf(judged, together, 1), all, `seed ${seed}: all together`);
    assert.deepEqual(
      stopsOf(judged, together, -1),
      all.toReversed(),
      `seed ${seed}: all together, backwards`,
    );
  }
  assert.ok(
    kept > conditions * 0.7 && stops > conditions,
    `${conditions} conditions, ${kept} of them kept, ${stops} stops`,
  );
});

test("no event is left out between two blocks, by lists, columns or runs, in either direction", () => {
  const timeline = new Timeline(longTrace(1100, 0.01, 3)).runAll();
  const judged: Judged = { timeline, findings: noFindings };
  assert.ok(timeline.eventCount > 1200, "several blocks");
  const transmits = Array.from({ length: timeline.eventCount }, (_, event) => event).filter(
    (event) => timeline.trace.events.kind.at(event) === Kind.transmit,
  );
  const bare = { id: 1, label: "", hit: null };
  const rules: StopRule[] = [
    { ...bare, kind: "function", names: "driver.advance", condition: null },
    { ...bare, kind: "function", names: "driver.check", condition: null },
    { ...bare, kind: "function", names: "driver.check", condition: parseExpression("length > 0") },
    { ...bare, kind: "function", names: "driver.check", condition: parseExpression("tcp.sndNxt != 0.5") },
  ];
  for (const rule of rules)
    for (const direction of [1, -1] as const) {
      const events = stopsOf(judged, rule, direction).map((at) => Number(at.split("/")[0]));
      assert.deepEqual(
        direction === 1 ? events : events.toReversed(),
        transmits,
        `${rule.names} ${direction}`,
      );
    }
});
