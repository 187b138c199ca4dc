import type { Frame, Kind, Spot, TextTable } from "../kind.ts";
import { type Box, byteLabel, type Scale, type Scene, type Shape, scaleOf, ticksOf } from "../scene.ts";
import type { MapRange, RecordMapView } from "./view.ts";
import { cursorRoles, mapWords } from "./view.ts";

const side = 10;
/** Where each strip lies, from the top. */
const strips = {
  cursors: { y: 28, height: 60 },
  names: { y: 94, height: 14 },
  records: { y: 110, height: 44 },
  ranges: { y: 166, height: 22 },
  packet: { y: 196, height: 22 },
} as const;
const bottom = 226;
/** Each cursor has a line of its own for its words: in a narrow window they are as wide as the picture. */
const cursorLines = 4;
/** Nothing is thinner than this. */
const thin = 1.5;
const tickGap = 110;
const labelHeight = 14;

const plotOf = ({ width, height }: { width: number; height: number }): Box => ({
  x: side,
  y: strips.cursors.y,
  width: Math.max(1, width - 2 * side),
  height: Math.max(1, Math.min(bottom, height) - strips.cursors.y),
});

const scaleIn = (frame: Frame): Scale => {
  const plot = plotOf(frame);
  return scaleOf([frame.area.from, frame.area.to], [plot.x, plot.x + plot.width]);
};

/** A range's rectangle in a strip, as far as it lies in the picture; null where none of it does. */
function boxOf(
  { from, to }: Pick<MapRange, "from" | "to">,
  strip: Pick<Box, "y" | "height">,
  frame: Frame,
): Box | null {
  const { area } = frame;
  if (to < area.from || from > area.to) return null;
  const x = scaleIn(frame);
  const [left, right] = [x(Math.max(from, area.from)), x(Math.min(to, area.to))];
  return { x: left, y: strip.y, width: Math.max(thin, right - left), height: strip.height };
}

const barOf = (role: string, { x, y, width, height }: Box): Shape => ({
  kind: "bars",
  role,
  at: [x, y, width, height],
});

/** What is drawn as a filled rectangle, each with its place: records by their parts, what TCP says, the packet. */
function boxes(view: RecordMapView, frame: Frame): { range: MapRange; box: Box; event: number | null }[] {
  const { records, ranges, packet } = view;
  // What is thin lies on top.
  const isThin = ({ range }: { range: MapRange }) => (range.role === "map-payload" ? 0 : 1);
  const parts = records.flatMap(({ parts, from, to, says, event }) => {
    const whole = { role: "map-payload", from, to, says };
    return (parts.length === 0 ? [whole] : parts).map((range) => ({
      range: { ...range, says: range === whole ? says : `${range.says}; ${says}` },
      ...{ strip: strips.records, event },
    }));
  });
  return [
    ...parts.sort((a, b) => isThin(a) - isThin(b)),
    ...ranges.map((range) => ({ range, strip: strips.ranges, event: null })),
    ...(packet ? [{ range: packet, strip: strips.packet, event: packet.event }] : []),
  ].flatMap(({ range, strip, event }) => {
    const box = frame.hidden.has(range.role) ? null : boxOf(range, strip, frame);
    return box ? [{ range, box, event }] : [];
  });
}

function sceneOf(view: RecordMapView, frame: Frame): Scene {
  const shapes = [
    { kind: "text", role: "axis", text: view.title, anchor: "start", x: side, y: 16 } satisfies Shape,
    ...axis(frame),
    ...boxes(view, frame).map(({ range, box }) => barOf(range.role, box)),
    ...names(view, frame),
    ...cursorShapes(view, frame),
  ];
  return { width: frame.width, height: frame.height, shapes };
}

function axis(frame: Frame): Shape[] {
  const { area } = frame;
  const plot = plotOf(frame);
  const x = scaleIn(frame);
  const ticks = ticksOf(area.from, area.to, plot.width / tickGap, 1);
  return [
    { kind: "bars", role: "grid", at: ticks.flatMap((tick) => [x(tick), plot.y, 1, bottom - plot.y]) },
    ...ticks.map(
      (tick): Shape => ({
        ...{ kind: "text", role: "axis", text: byteLabel(tick), anchor: "middle" },
        ...{ x: x(tick), y: bottom + 14 },
      }),
    ),
  ];
}

/** A line between two records, and their names where there is room. */
function names({ records }: RecordMapView, frame: Frame): Shape[] {
  const lines: number[] = [];
  const texts: Shape[] = [];
  for (const record of records) {
    const box = boxOf(record, strips.records, frame);
    if (!box) continue;
    lines.push(box.x, strips.names.y, 1, strips.names.height + strips.records.height);
    if (box.width < record.name.length * 6.5) continue;
    texts.push({
      ...{ kind: "text", role: "band-text", text: record.name, anchor: "middle" },
      ...{ x: box.x + box.width / 2, y: strips.names.y + 11 },
    });
  }
  return [{ kind: "bars", role: "axis", at: lines }, ...texts];
}

function cursorShapes({ cursors }: RecordMapView, frame: Frame): Shape[] {
  const { area } = frame;
  const x = scaleIn(frame);
  return cursors
    .filter(({ at, role }) => at >= area.from && at <= area.to && !frame.hidden.has(role))
    .flatMap(({ at, role, says }, i): Shape[] => {
      const top = strips.cursors.y + (i % cursorLines) * labelHeight;
      const isRight = x(at) > frame.width / 2;
      return [
        { kind: "bars", role, at: [x(at) - 1, top, 2, bottom - top] },
        {
          ...{ kind: "text", role, text: says, anchor: isRight ? "end" : "start" },
          ...{ x: x(at) + (isRight ? -5 : 5), y: top + 11 },
        },
      ];
    });
}

function spotsOf(view: RecordMapView, frame: Frame): Spot[] {
  const x = scaleIn(frame);
  const cursors = view.cursors
    .filter(({ at, role }) => at >= frame.area.from && at <= frame.area.to && !frame.hidden.has(role))
    .map(({ at, says }) => ({
      box: { x: x(at) - 1, y: strips.cursors.y, width: 2, height: bottom - strips.cursors.y },
      ...{ says, event: null, bytes: { from: at, to: at + 1 } },
    }));
  const places = boxes(view, frame).map(({ range, box, event }) => ({
    ...{ box, says: range.says, event, bytes: { from: range.from, to: range.to } },
  }));
  return [...cursors, ...places];
}

function tableOf(
  { records, ranges, cursors, packet }: RecordMapView,
  hidden: ReadonlySet<string> = new Set(),
): TextTable {
  const isShown = ({ role }: { role: string }) => !hidden.has(role);
  const row = (...cells: string[]) => ({ cells, event: null as number | null });
  const bytes = (from: number, to: number) => `${byteLabel(from)} to ${byteLabel(to)}`;
  return {
    head: ["What", "Bytes", "tls_get_record() of the first", "Pushed by"],
    rows: [
      ...cursors
        .filter(isShown)
        .map(({ at, role }) => row(mapWords[role as keyof typeof mapWords], byteLabel(at), "", "")),
      ...[...ranges, ...(packet ? [packet] : [])]
        .filter(isShown)
        .map(({ role, from, to }) => row(mapWords[role as keyof typeof mapWords], bytes(from, to), "", "")),
      ...records.map(({ says, from, to, lookup, event }) => ({
        cells: [says, bytes(from, to), lookup, event === null ? "" : `event ${event + 1}`],
        event,
      })),
    ],
  };
}

export const recordMap: Kind<RecordMapView> = {
  title: "Record Map",
  says: "Records of the stream, and what driver, NIC and TCP say of their bytes",
  moves: "line",
  legend: Object.entries(mapWords).map(([role, says]) => ({ role, says, isLine: cursorRoles.has(role) })),
  canHide: true,
  plot: plotOf,
  scene: sceneOf,
  spots: spotsOf,
  table: tableOf,
};
