import { advance, type Seq } from "../../../core/base/seq.ts";
import { recordNode } from "../scopes.ts";
import { group, leaf, type ViewNode } from "../value.ts";
import type { View } from "../view.ts";
import { type Story, storyOf } from "./story.ts";
import { storyLine, storyRows } from "./words.ts";

/** A byte as a value that opens into its story; each row leads to its event. Its path is none of an expression. */
export function byteNode(view: View, connection: number, at: Seq): ViewNode {
  const { timeline } = view;
  const story = storyOf(timeline, connection, at);
  const ahead = at - timeline.trace.connections[connection]!.startSeq;
  const path = `byte(${connection},${ahead})`;
  const node = group(path, "byte", storyLine(timeline, story), () => childrenOf(view, path, story));
  return { ...node, range: story.record && { from: at, length: 1 } };
}

function childrenOf(view: View, path: string, story: Story): ViewNode[] {
  const rows = storyRows(view.timeline, story).map(({ name, text, event }) => ({
    ...leaf(path, name, text),
    event,
  }));
  const isHere =
    story.record !== null && story.connection === view.index && story.record.row < view.state.tail;
  return isHere ? [...rows, recordNode(view, story.record!.row)] : rows;
}

/** The node that carries such a path, or one of its rows; null for another path. */
export function byteByPath(view: View, path: string): ViewNode | null {
  const [whole, connection, ahead] = /^byte\((\d+),(-?\d+)\)/.exec(path) ?? [];
  const found = view.timeline.trace.connections[Number(connection)];
  if (whole === undefined || !found) return null;
  const node = byteNode(view, Number(connection), advance(found.startSeq, Number(ahead)));
  return path === whole ? node : (node.children().find((child) => child.path === path) ?? null);
}
