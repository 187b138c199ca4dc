import { connectionForms, deviceForms, eventHead } from "./event-forms.ts";
import type { Form, Part } from "./form.ts";
import { commentForm, connectionForm, deviceForm, expectForms, forms } from "./forms.ts";

/** A part without the brackets of what can be left out; `whole` shows every way to write it. */
function partText({ role, name, shown, alone, repeated }: Part, whole = false): string {
  const behind = role === "option" ? `=${shown}` : role === "word" && shown !== "" ? ` ${shown}` : "";
  const text = whole && alone !== null ? `${name}[${behind}]` : `${name}${behind}`;
  return repeated ? `${text} …` : text;
}

/** Parts as a line has them: `LENGTH [more|eor] [zerocopy [pieces=N]]`. Without `whole` the rare ones are left out. */
function partsText(parts: readonly Part[], whole: boolean): string[] {
  const shown = parts.filter(({ rare }) => whole || !rare);
  const isOther = (part: Part, of: Part) => part.role === "flag" && part.not?.name === of.name;
  const texts = shown
    .filter((part) => part.needs === null && !shown.some((of) => isOther(part, of)))
    .map((part) => {
      const others = shown.filter((other) => isOther(other, part));
      const within = shown.filter(({ needs }) => needs === part.name);
      const text = [
        [part, ...others].map((one) => partText(one, whole)).join("|"),
        ...within.map((one) => `[${partText(one, whole)}]`),
      ].join(" ");
      return part.required ? text : `[${text}]`;
    });
  return texts;
}

/** A form behind its head, as messages show it. */
const shortText = ({ verb, parts, abridged }: Form): string => {
  const shown = abridged === null ? parts : parts.filter(({ required }) => required);
  return [verb, ...partsText(shown, false), ...(abridged === null ? [] : [abridged])].join(" ");
};

/** A form with everything that can stand there. */
export const wholeText = (form: Form): string =>
  [...headOf(form), form.verb, ...partsText(form.parts, true)].join(" ");

const headOf = ({ family }: Form): string[] =>
  family === "connection" || family === "device" ? eventHead[family].map(({ name }) => name) : [];

/** Forms of an event line behind its time and connection, as messages show them. */
export const eventForms: readonly string[] = connectionForms.map(shortText);

const headText = (family: keyof typeof eventHead) => eventHead[family].map(({ name }) => name).join(" ");

/** The lines that there are, as messages show them. */
export const lineForms: readonly string[] = [
  shortText(deviceForm),
  shortText(connectionForm),
  `${headText("connection")} EVENT`,
  `${headText("device")} ${deviceForms.map(shortText).join("|")}`,
  ...Object.values(expectForms).map(shortText),
  shortText(commentForm),
];

/** Every form with its parts as the rows of one table in Markdown: what the language's page lists. */
export function formsMarkdown(): string {
  const rows = forms.flatMap((form) => [...headRows(form), formRow(form), ...form.parts.map(partRow)]);
  return `${["| line | part | what it states |", "|---|---|---|", ...rows].join("\n")}\n`;
}

const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;
const cells = (...texts: string[]): string => `| ${texts.join(" | ")} |`.replaceAll("|  |", "| |");

/** The parts in front of every event's verb, above the first event of a family. */
function headRows(form: Form): string[] {
  const { family } = form;
  if (family !== "connection" && family !== "device") return [];
  if (forms.find((other) => other.family === family) !== form) return [];
  const says =
    family === "connection" ? "Something happens to a connection." : "Something happens to a device.";
  return [cells(code(`${headText(family)} EVENT`), "", says), ...eventHead[family].map(partRow)];
}

function formRow(form: Form): string {
  return cells(code(wholeText(form)), "", `${form.says} Example: ${code(form.example)}`);
}

function partRow(part: Part): string {
  const absent = part.absent === null ? "" : ` Unless given: ${part.absent}.`;
  return cells("", code(partText(part, true)), `${part.says}${absent}`.replaceAll(/(?<!\\)\|/g, "\\|"));
}
