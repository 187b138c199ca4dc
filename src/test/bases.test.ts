import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { advance, type Seq, seq, toU32 } from "../core/base/seq.ts";
import { profiles } from "../core/profiles/all.ts";
import { EventLog } from "../core/words/event.ts";
import { sha256 } from "../node/digest.ts";
import { Timeline } from "../replay/timeline.ts";
import { scopesOf } from "../replay/view/scopes.ts";
import type { ViewNode } from "../replay/view/value.ts";
import { viewAt } from "../replay/view/view.ts";
import { goldenLines } from "../report/golden.ts";
import { type Line, linesOf } from "../report/lines.ts";
import { wrongPlaces } from "../report/wrong-bytes.ts";
import { judge } from "../study/study.ts";
import { printEvent } from "../trace/language/print.ts";
import type { Trace } from "../trace/trace.ts";
import { Dice } from "./simulator/dice.ts";
import { generate, kernelChoices, readStory } from "./simulator/generate.ts";
import { settingOf } from "./simulator/simulation.ts";
import { studyOf } from "./studies.ts";

const samples = "media/samples";
const firstSeed = Number(process.env.SEED ?? 17_000);
const randomTraces = 100;
const positionsEach = 3;

/** The same trace with other places: what `move` gives for those of a connection. */
function moved(trace: Trace, move: (at: Seq, connection: number) => Seq): Trace {
  const events = new EventLog();
  for (let i = 0; i < trace.events.count; i++) {
    const event = trace.events.at(i);
    const { connection } = event;
    events.push({ ...event, seq: connection < 0 ? event.seq : move(event.seq, connection) });
  }
  const of = (event: number) => trace.events.connection.at(event);
  const connections = trace.connections.map((one, c) => ({ ...one, startSeq: move(one.startSeq, c) }));
  const sacks = new Map([...trace.sacks].map(([e, edges]) => [e, edges.map((at) => move(at, of(e)))]));
  const verdicts = trace.verdicts && {
    ...trace.verdicts,
    differences: new Map(
      [...trace.verdicts.differences].map(([e, one]) => [e, { ...one, first: move(one.first, of(e)) }]),
    ),
  };
  return { ...trace, events, connections, sacks, verdicts };
}

/** All of a node and what is inside it, of long lists the first ones. */
function* textsOf(node: ViewNode): Generator<string> {
  yield `${node.path} = ${node.value}`;
  for (const child of node.children()) yield* textsOf(child);
  for (let i = 0; i < Math.min(3, node.indexed?.count ?? 0); i++) yield* textsOf(node.indexed!.at(i));
}

/** What is said of a trace: as golden text, as JSON, as lines, of its wrong bytes, and in views at some places. */
function saidOf(trace: Trace, dice: Dice): { texts: string[]; lines: Line[] } {
  const timeline = new Timeline(trace).runAll();
  const judged = judge(timeline);
  const all = trace.connections.keys();
  const texts = [...goldenLines(judged, new Set(all))];
  const wrong = wrongPlaces(judged);
  for (const c of trace.connections.keys()) texts.push(...(wrong.get(c)?.texts ?? []));
  for (let event = 0; event < trace.events.count; event++) texts.push(printEvent(trace, event));
  for (let i = 0; i < positionsEach && trace.events.count > 0; i++) {
    const event = dice.from(0, trace.events.count - 1);
    const stage = dice.from(-1, timeline.record(event).stages.length - 1);
    const view = viewAt(timeline, { event, stage }, dice.from(0, trace.connections.length - 1));
    for (const scope of scopesOf(view)) texts.push(...textsOf(scope));
  }
  return { texts, lines: trace.streams.flatMap((stream) => [...linesOf(timeline, stream, sha256)]) };
}

/** The first of many lines that differs is what one wants to see. */
function assertSame(texts: readonly string[], others: readonly string[], what: string): void {
  for (const [i, text] of texts.entries())
    assert.equal(text, others[i], `${what}: line ${i}, behind ${texts[i - 1]}`);
  assert.equal(texts.length, others.length, what);
}

async function* traces(): AsyncGenerator<[name: string, trace: Trace]> {
  for (const sample of readdirSync(samples).filter((name) => /\.(tlstrace|pcap|pkt)$/.test(name))) {
    const keys = path.join(samples, `${path.parse(sample).name}.keys`);
    const { timeline } = await studyOf(path.join(samples, sample), { keys: existsSync(keys) ? [keys] : [] });
    yield [sample, timeline.trace];
  }
  for (let seed = firstSeed; seed < firstSeed + randomTraces; seed++) {
    const setting = settingOf(seed, profiles, kernelChoices);
    yield [`seed ${seed}`, readStory(generate(seed, setting), setting.profile)];
  }
}

/** Two bugs are about the numbers on the wire themselves. */
const dependsOnNumbers = ({ devices }: Trace): boolean =>
  devices.some(({ profile }) =>
    profile.faults.some((bug) => bug === "unwrapped-compare" || bug === "signed-tx-max"),
  );

const bases = [2 ** 32, -(2 ** 32), 5 * 2 ** 32, 2 ** 44];

test("whole turns of the ring change nothing that is said of a trace", async () => {
  for await (const [name, trace] of traces()) {
    const said = saidOf(trace, new Dice(firstSeed));
    const base = bases[name.length % bases.length]!;
    const other = moved(trace, (at) => advance(at, base));
    const again = saidOf(other, new Dice(firstSeed));
    assertSame(again.texts, said.texts, `${name} moved by ${base}`);
    assert.deepEqual(again.lines, said.lines, `${name} moved by ${base}`);
  }
});

/** Fields of JSON lines that hold numbers as on the wire. */
const wireFields = ["seq", "expectedSeq", "offloadStartSeq"];

test("another initial number changes nothing but the numbers on the wire, wherever it wraps", async () => {
  const dice = new Dice(firstSeed);
  for await (const [name, trace] of traces()) {
    if (dependsOnNumbers(trace)) continue;
    const said = saidOf(trace, new Dice(firstSeed));
    const by = dice.one(0x7fffff00, 0xffffff00, dice.from(1, 2 ** 32 - 1)) - trace.connections[0]!.startSeq;
    // As every reader has it, the offload start lies in the first turn.
    const starts = trace.connections.map(({ startSeq }) => seq(toU32(advance(startSeq, by))));
    const other = saidOf(
      moved(trace, (at, c) => advance(starts[c]!, at - trace.connections[c]!.startSeq)),
      new Dice(firstSeed),
    );
    const wire = (text: string) => text.replaceAll(/ \(\d+\)/g, "").replace(/ seq=\d+ rec_seq=/, " rec_seq=");
    assertSame(other.texts.map(wire), said.texts.map(wire), `${name} moved by ${by}`);
    const expected = said.lines.map((line) =>
      Object.fromEntries(
        Object.entries(line).map(([field, value]) =>
          wireFields.includes(field) && typeof value === "number"
            ? [field, toU32(advance(seq(value), by))]
            : [field, value],
        ),
      ),
    );
    assert.deepEqual(other.lines, expected, `${name} moved by ${by}`);
  }
});
