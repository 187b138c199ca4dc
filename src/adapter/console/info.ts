import { queueText } from "../../replay/view/descriptor-scope.ts";
import { placeOf } from "../../replay/view/paths.ts";
import { nodeAt } from "../../replay/view/scopes.ts";
import type { ViewNode } from "../../replay/view/value.ts";
import { counted } from "../../trace/visible.ts";
import type { Answered, Desk, Said } from "./desk.ts";

/** More rows than these nobody reads in a console. */
const rowsMax = 200;

/** What `info` lists, by its kind. */
export const infoKinds: ReadonlyMap<string, (desk: Desk) => Answered> = new Map([
  ["queue", queue],
  ["records", ({ view }: Desk) => members(view, "records", "record")],
  ["stream", stream],
  ["streams", streams],
]);

function queue({ view }: Desk): Answered {
  const { rows = [] } = members(view, "descriptors", "descriptor");
  return { result: queueText(view), rows };
}

/** The indexed children of a scope, a row each. */
function members(view: Desk["view"], scope: string, word: string): Answered {
  const node = nodeAt(view, placeOf(scope)!);
  const indexed = node?.indexed;
  if (!node || !indexed) return { result: `no ${word}s here` };
  const shown = Math.min(indexed.count, rowsMax);
  const rows = Array.from({ length: shown }, (_, i) => rowOf(indexed.at(i)));
  const left = indexed.count - shown;
  if (left > 0) rows.push({ text: `… and ${left} more: look at one as ${scope}[${shown}]` });
  return { result: counted(indexed.count, word), rows };
}

const rowOf = ({ name, value, event }: ViewNode): Said => ({
  text: `${name}: ${value}`,
  ...(event !== null && { event }),
});

/** What is kept of the connection that is looked at. */
function stream({ view }: Desk): Answered {
  const rows = ["tcp", "driver", "nic"].flatMap((scope) => {
    const node = nodeAt(view, placeOf(scope)!);
    const below = node?.children().filter((child) => child.children().length === 0) ?? [];
    return below.map(({ path, value }) => ({ text: `${path}: ${value}` }));
  });
  return { result: view.connection.name, rows };
}

function streams({ runner }: Desk): Answered {
  const { trace } = runner.timeline;
  const rows = trace.connections.map(({ name }, connection) => {
    const own = runner.timeline.eventsOf(connection);
    const [first] = own;
    return { text: `${name}: ${counted(own.length, "event")}`, ...(first !== undefined && { event: first }) };
  });
  return { result: counted(rows.length, "stream"), rows: rows.slice(0, rowsMax) };
}
