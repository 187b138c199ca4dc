import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { countersOf, vendorCounterNames } from "../core/machine/count.ts";
import { counterNames } from "../core/machine/counters.ts";
import { type ConnectionState, type StateField, stateFields } from "../core/machine/state.ts";
import { profileById, profiles } from "../core/profiles/all.ts";
import { evaluate, holds } from "../replay/expression.ts";
import { Findings, noFindings, type Report } from "../replay/findings.ts";
import { parseExpression } from "../replay/language/parse.ts";
import { Timeline } from "../replay/timeline.ts";
import { inlinePaths, type Path } from "../replay/view/path.ts";
import { find, type Place, parentOf, paths, pathsTable, placeOf, rawAt } from "../replay/view/paths.ts";
import { nodeAt, scopesOf } from "../replay/view/scopes.ts";
import { SeqValue, type ViewNode } from "../replay/view/value.ts";
import { judgedView, postedBy, type RecordedView, type View } from "../replay/view/view.ts";
import type { Trace } from "../trace/trace.ts";
import { variantOf, variantsOf, withVariant } from "../trace/variant.ts";
import { flippedCapture } from "./damage/flipped.ts";
import { assertGenerated } from "./generated.ts";
import { Dice } from "./simulator/dice.ts";
import { generate, kernelChoices, readStory } from "./simulator/generate.ts";
import { settingOf } from "./simulator/simulation.ts";
import { studyOf } from "./studies.ts";

/** Every sample under every family and what it speaks of, and random traces of all: so many positions of each. */
const samples = "media/samples";
/** A byte wrong in most records of a capture, and in each retransmission. */
const damaged = flippedCapture(
  "damaged",
  ...[38, 51, 62, 74, 85, 89, 91, 97, 110, 122, 123, 133, 145, 155, 158].map((frame) => ({
    frame,
    fromEnd: 9,
  })),
);
const randomTraces = 200;
const positionsEach = 2;
/** What has to be seen somewhere is seen in what follows from this seed; SEED adds the examples of another one. */
const firstSeed = 11_005;
const seeds = [firstSeed, ...(process.env.SEED === undefined ? [] : [Number(process.env.SEED)])];

/** A view, and the state of the same connection somewhere else in the trace. */
interface Example {
  where: string;
  view: RecordedView;
  other: ConnectionState;
}

async function* traces(from: number): AsyncGenerator<[name: string, trace: Trace]> {
  const files = readdirSync(samples).filter((name) => /\.(tlstrace|pcap|pkt)$/.test(name));
  for (const file of [...files.map((name) => path.join(samples, name)), damaged]) {
    const sample = path.basename(file);
    const keys = file.replace(/\.\w+$/, ".keys");
    const { trace } = await studyOf(file, { keys: existsSync(keys) ? [keys] : [] });
    yield [sample, trace];
    for (const id of [...profiles.map((profile) => profile.id), ...variantsOf(trace)]) {
      const variant = variantOf(id, profileById);
      if (variant) yield [`${sample} under ${id}`, withVariant(trace, variant)];
    }
  }
  for (let seed = from; seed < from + randomTraces; seed++) {
    const setting = settingOf(seed, profiles, kernelChoices);
    yield [`seed ${seed} under ${setting.profile.id}`, readStory(generate(seed, setting), setting.profile)];
  }
}

/** What judges could say: every second event is one that a kernel reported, and two profiles make something of each. */
function judged(): Findings {
  const compared = (id: string, event: number) => ({
    id,
    effects: [`${id} ${event}`, "lost"],
    queue: "PKT",
    replayed: event % 3,
    fallback: event % 2,
  });
  const ids = ["one", "two"];
  const reports = Array.from({ length: 50 }, (_, i): [number, Report[]] => [
    2 * i,
    ["tls_device_offload_set", "tls_device_tx_resync_send"].map((text, j) => ({
      place: `k:${2 * i + j}`,
      text,
    })),
  ]);
  return new Findings({
    reports: new Map(reports),
    compared: { ids, at: (event) => ids.map((id) => compared(id, event)) },
  });
}

function examplesOf(name: string, trace: Trace, dice: Dice): Example[] {
  const timeline = new Timeline(trace).runAll();
  const findings = dice.chance(0.5) ? judged() : noFindings;
  if (timeline.eventCount === 0) return [];
  return Array.from({ length: positionsEach }, () => {
    const event = dice.from(0, timeline.eventCount - 1);
    const stage = dice.from(-1, timeline.record(event).stages.length - 1);
    const own = dice.chance(0.8) ? timeline.connectionAt({ event, stage }) : undefined;
    const connection = own ?? dice.from(0, trace.connections.length - 1);
    const view = judgedView({ timeline, findings }, { event, stage }, connection);
    const elsewhere = { event: dice.from(0, timeline.eventCount - 1), stage: -1 };
    const where = `${name}, event ${event + 1}, stage ${stage}, connection ${connection}`;
    return { where, view, other: timeline.stateOf(connection, elsewhere) };
  });
}

const examples = (async () => {
  const all: Example[] = [];
  for (const seed of seeds) {
    const dice = new Dice(seed);
    for await (const [name, trace] of traces(seed)) all.push(...examplesOf(name, trace, dice));
  }
  return all;
})();

/** All that is shown of a node but what is inside it. */
const shownOf = ({ name, value, raw, path: at, range, event }: ViewNode): string =>
  JSON.stringify([name, value, typeof raw, String(raw), at, range, event]);

/** The indices that stand for all of a family: the first ones, and the last. */
const someOf = (count: number): number[] => [
  ...new Set([0, 1, 2, count - 1].filter((i) => i >= 0 && i < count)),
];

/** Everything that Variables would show, each long family by some of its members. */
function shownIn(view: View): ViewNode[] {
  const nodes: ViewNode[] = [];
  const open = (node: ViewNode): void => {
    nodes.push(node);
    for (const child of node.children()) open(child);
    const { indexed } = node;
    if (indexed) for (const i of someOf(indexed.count)) open(indexed.at(i));
  };
  for (const scope of scopesOf(view)) open(scope);
  return nodes;
}

/** Names that a driver's counters can have. */
const vendorNames = vendorCounterNames(profiles);

/** The places that a row stands for: itself, or members of its family, with one more than it can have. */
function placesOf({ path: template }: Path): Place[] {
  const written = template.endsWith("NAME")
    ? vendorNames.map((name) => template.replace("NAME", name))
    : [0, 1, 2, 1_000_000].map((i) => template.replace("[i]", `[${i}]`).replace(/N$/, String(i)));
  return [...new Set(written)].map((each) => placeOf(each)!);
}
const places = new Map(paths.map((row) => [row, placesOf(row)]));

const byPath = new Map(paths.map((row) => [row.path, row]));

test("every path is unique, stands behind the one it is shown under, and has a sentence", () => {
  assert.equal(byPath.size, paths.length);
  const before = new Set([""]);
  for (const { path: each, says, reads } of paths) {
    assert.ok(before.has(parentOf(each)), each);
    before.add(each);
    assert.match(says, /^[A-Z][^|]*\.$/, each);
    assert.equal(new Set(reads).size, reads.length, each);
  }
});

test("what is written for one path leads to no other", () => {
  for (const [row, each] of places) for (const place of each) assert.equal(place.row, row, place.path);
  const nowhere = [
    "",
    "driver.",
    "driver..expectedSeq",
    "records[i]",
    "records.0",
    "packet[0]",
    "keys.epochN",
  ];
  for (const each of [...nowhere, "tcp.changes.0", "Driver"]) assert.equal(placeOf(each), null, each);
});

test("what is told behind a line is in the table", () => {
  for (const each of inlinePaths) assert.ok(byPath.has(each), each);
});

test("every path that Variables shows gives what is shown again, and is shown once", async () => {
  let count = 0;
  for (const { where, view } of await examples) {
    const nodes = shownIn(view);
    assert.equal(new Set(nodes.map((node) => node.path)).size, nodes.length, where);
    for (const node of nodes) {
      const expression = parseExpression(node.path);
      const again = evaluate(view, expression) as ViewNode;
      assert.equal(shownOf(again), shownOf(node), where);
      assert.deepEqual(rawAt(view, placeOf(node.path)!), node.raw, where);
      const bare = node.raw instanceof SeqValue ? node.raw.relative : node.raw;
      assert.equal(holds(view, expression), Boolean(bare), `${node.path} ${where}`);
    }
    count += nodes.length;
  }
  assert.ok(count > 50_000, `${count} values`);
});

test("every path of the table is shown where it has a value, and only there", async () => {
  const seen = new Set<Path>();
  for (const { where, view } of await examples) {
    const shown = new Set(shownIn(view).map((node) => node.path));
    for (const [row, each] of places)
      for (const place of each) {
        assert.equal(find(view, place) !== null, shown.has(place.path), `${place.path} ${where}`);
        if (shown.has(place.path)) seen.add(row);
      }
  }
  assert.deepEqual(
    paths.filter((row) => !seen.has(row)).map((row) => row.path),
    [],
    "some view has each of them",
  );
});

const fieldsOf = ({ reads }: Path): StateField[] =>
  reads.filter((source) => source !== "event" && source !== "before" && source !== "stage");

/** What a row's places show in a view, as one text; a state that cannot be is told as such. */
function rowIn(view: View, row: Path): string {
  try {
    return places
      .get(row)!
      .map((place) => {
        const node = nodeAt(view, place);
        return node ? shownOf(node) : "";
      })
      .join("\n");
  } catch (error) {
    return String(error);
  }
}

/** The view with these fields changed: by one, or to what they are elsewhere. */
function disturbed({ view, other }: Example, fields: readonly StateField[], dice: Dice): View {
  const state = view.state.copy();
  for (const field of fields) {
    const value = state[field];
    if (field === "equipment") {
      // A device is one of those that the trace knows.
      state.equipment = dice.from(0, view.socket.equipments.length - 1);
      continue;
    }
    state[field] = dice.one(value + 1, value - 1, other[field] === value ? value + 1 : other[field]);
  }
  return { ...view, state, socket: view.socket.at(state) };
}

/** True if a row shows something else once the field is disturbed; the few ways to do that are tried a few times. */
const changesWith = (example: Example, field: StateField, row: Path, dice: Dice): boolean =>
  [1, 2, 3, 4, 5, 6].some(() => rowIn(disturbed(example, [field], dice), row) !== rowIn(example.view, row));

test("a path changes with no field of the state that it does not say it reads", async () => {
  const dice = new Dice(firstSeed + 1);
  const unread = new Map(
    paths.map((row) => [row, stateFields.filter((field) => !fieldsOf(row).includes(field))]),
  );
  for (const example of await examples) {
    for (const [row, fields] of unread) {
      const before = rowIn(example.view, row);
      if (rowIn(disturbed(example, fields, dice), row) === before) continue;
      const read = fields.filter((field) => changesWith(example, field, row, dice));
      assert.fail(`${row.path} reads ${read} at ${example.where}`);
    }
  }
});

test("a path changes with every field of the state that it says it reads, somewhere", async () => {
  const dice = new Dice(firstSeed + 2);
  const left = new Map(paths.map((row) => [row, new Set(fieldsOf(row))]));
  for (const example of await examples) {
    for (const [row, fields] of left)
      for (const field of fields) if (changesWith(example, field, row, dice)) fields.delete(field);
  }
  const idle = [...left].flatMap(([row, fields]) => [...fields].map((field) => `${row.path} ${field}`));
  assert.deepEqual(idle, []);
});

/** The same state looked at in another event, behind its last stage. */
function inOtherEvent(view: RecordedView, dice: Dice): View {
  const event = dice.from(0, view.timeline.eventCount - 1);
  const recording = view.timeline.record(event);
  const socket = view.socket.at(view.state, event);
  const stage = recording.stages.length - 1;
  return { ...view, socket, posted: postedBy(recording, stage), position: { event, stage } };
}

/** The same state looked at in another stage of its event. */
function inOtherStage(view: RecordedView, dice: Dice): View {
  const stage = dice.from(-1, view.recording.stages.length - 1);
  return { ...view, posted: postedBy(view.recording, stage), position: { ...view.position, stage } };
}

/** The same place, had its event found another state. */
function whereOtherWasFound(view: RecordedView, dice: Dice): View {
  const { before } = view.timeline.record(dice.from(0, view.timeline.eventCount - 1));
  return { ...view, before };
}

for (const [source, elsewhere] of [
  ["event", inOtherEvent],
  ["before", whereOtherWasFound],
  ["stage", inOtherStage],
] as const) {
  test(`the same state in another ${source} shows the same, but for the paths that say they read it`, async () => {
    const dice = new Dice(firstSeed + 3);
    const left = new Set(paths.filter(({ reads }) => reads.includes(source)));
    for (const { where, view } of await examples) {
      const other = elsewhere(view, dice);
      for (const row of paths)
        if (!row.reads.includes(source))
          assert.equal(rowIn(other, row), rowIn(view, row), `${row.path} ${where}`);
      for (const row of left)
        if ([1, 2, 3, 4].some(() => rowIn(elsewhere(view, dice), row) !== rowIn(view, row))) left.delete(row);
    }
    const idle = [...left].map((row) => row.path);
    assert.deepEqual(idle, [], "these say so, and never change with it");
  });
}

test("the standard counters are the kernel's, all that a sender has", async () => {
  const shown = paths.flatMap(({ path: each }) =>
    each.startsWith("driver.counters.") ? [each.slice("driver.counters.".length)] : [],
  );
  assert.deepEqual(
    shown,
    counterNames.filter((name) => name.startsWith("tx_")),
  );
  for (const { where, view } of await examples) {
    const counters: Record<string, number> = countersOf(view.state);
    for (const name of shown)
      assert.equal(rawAt(view, placeOf(`driver.counters.${name}`)!), counters[name], `${name} ${where}`);
  }
});

test("expressions.md lists every path as the table of paths has it", () =>
  assertGenerated("media/docs/expressions.md", "Every path", pathsTable()));
