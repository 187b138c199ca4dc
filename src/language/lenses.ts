import type { CodeLens, Command, Range } from "vscode-languageserver-types";
import { profileById } from "../core/profiles/all.ts";
import { Effect } from "../core/words/effect.ts";
import { wrongInModel } from "../judge/places.ts";
import type { Study } from "../study/study.ts";
import { variantOf, variantsOf } from "../trace/variant.ts";
import { counted, noun } from "../trace/visible.ts";
import type { TraceDocument } from "./document.ts";
import { declarationsOf } from "./names.ts";

/** What a client can do, by the names of its commands: only those that it knows are offered. */
export type ClientCommands = ReadonlySet<string>;

/** Debugs a file as it is, or under the profile that is given behind its URI. */
export const debugCommand = "tlstrace.debugFile";
export const debugAsCommand = "tlstrace.debugAs";
/** Asks what a file is to be compared under, and debugs it so. */
export const compareCommand = "tlstrace.compareWith";
/** Debugs a file and shows its first stream as a picture. */
export const pictureCommand = "tlstrace.debugPicture";

/** Variants that a file's expectations speak of, and that it is offered to be debugged as. */
const variantsMax = 3;

/** What a replay says of a document, above its first declaration, and what can be done with it. */
export function lensesOf(document: TraceDocument, study: Study | null, commands: ClientCommands): CodeLens[] {
  if (document.trace.connections.length === 0) return [];
  const range = placeOf(document);
  const said = study === null ? [] : [summaryOf(study)];
  const told = said.map((title): Command => ({ title, command: "" }));
  const offered = commandsOf(document).filter(({ command }) => commands.has(command));
  return [...told, ...offered].map((command) => ({ range, command }));
}

/** Above what a trace declares first; above a script's first line. */
function placeOf(document: TraceDocument): Range {
  const [first] = document.isScript ? [] : declarationsOf(document);
  return document.range(first?.line ?? 0, 0, 0);
}

function commandsOf({ uri, trace }: TraceDocument): Command[] {
  const variants = variantsOf(trace).filter((id) => variantOf(id, profileById) !== null);
  return [
    { title: "Debug", command: debugCommand, arguments: [uri] },
    ...variants.slice(0, variantsMax).map((id) => ({
      title: `Debug as ${id}`,
      command: debugAsCommand,
      arguments: [uri, id],
    })),
    { title: "Compare", command: compareCommand, arguments: [uri] },
    { title: "Picture", command: pictureCommand, arguments: [uri] },
  ];
}

/** What one wants to know first: how often out of order, what that cost, what is wrong. */
function summaryOf({ timeline, outcomes }: Pick<Study, "timeline" | "outcomes">): string {
  const { effects } = timeline;
  const replayed = effects.sum(Effect.resync);
  const inSoftware = effects.count(Effect["software-fallback"]);
  const wrong = wrongInModel.reduce((sum, kind) => sum + effects.count(kind), 0);
  const failing = outcomes.filter(({ actual }) => actual !== null).length;
  const parts = [
    `${effects.count(Effect["out-of-order"])} out of order`,
    ...(replayed > 0 ? [`${bytesText(replayed)} replayed`] : []),
    ...(inSoftware > 0 ? [`${inSoftware} in software`] : []),
    ...(wrong > 0 ? [`${wrong} wrong on the wire`] : []),
    ...(failing > 0
      ? [`${failing} of ${counted(outcomes.length, "expectation")} ${noun(failing, "fails", "fail")}`]
      : []),
  ];
  return parts.join(" · ");
}

/** As people say sizes: `999 B`, `5.8 kB`, `12 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  // What would be rounded to a thousand is one of the next unit.
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
