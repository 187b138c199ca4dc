import type { Translate } from "../../pictures/words.ts";
import { cssOf, link, number, text, wordOf } from "./html.ts";
import type { Shown } from "./shown.ts";
import type { StreamRow } from "./verdict-rows.ts";

/** A column of the streams' table, behind stream and verdict. */
interface Column {
  title: string;
  /** How it stands: numbers under each other, names in one line. */
  style?: "number" | "name";
  cell(row: StreamRow): string;
}

function columnsOf({ t, language }: Shown): Column[] {
  const count = (value: number) => number(language, value);
  const share = (some: number, all: number) => t("{0} of {1}", count(some), count(all));
  return [
    {
      ...{ title: "TLS", style: "name" },
      cell: ({ version, cipher }) => [version, cipher].filter((word) => word !== null).join(" "),
    },
    { title: t("Keys"), cell: ({ hasKeys }) => (hasKeys ? t("yes") : t("no")) },
    {
      ...{ title: t("Records"), style: "number" },
      cell: ({ authenticated, records }) => share(authenticated, records),
    },
    { title: t("Transmits"), style: "number", cell: ({ transmits }) => count(transmits) },
    { title: t("Bytes"), style: "number", cell: ({ compared, bytes }) => share(compared, bytes) },
    { title: t("Wrong"), style: "number", cell: ({ wrong }) => count(wrong) },
  ];
}

/** The streams as a table, which narrow windows show as cards: so each part says its role. */
export function tableOf(shown: Shown): string {
  const { rows, t, language } = shown;
  const { streams, file } = rows;
  if (streams.length === 0) return "";
  const columns = columnsOf(shown);
  const rest = (file?.streams ?? 0) - streams.length;
  const more = t("More streams: {0}; tlstrace verify lists all.", number(language, rest));
  const titles = [t("Stream"), t("Verdict"), ...columns.map(({ title }) => title)];
  const head = titles.map((title, i) => {
    return `<th role="columnheader" scope="col"${classOf(columns[i - 2])}>${text(title)}</th>`;
  });
  return `<table role="table"><caption>${text(t("TLS streams, a direction each"))}</caption>
<thead role="rowgroup"><tr role="row">${head.join("")}<td role="cell"></td></tr></thead>
<tbody role="rowgroup">
${streams.map((row) => rowOf(shown, row, columns)).join("\n")}
</tbody></table>${rest > 0 ? `<p>${text(more)}</p>` : ""}${notesOf(streams, t)}`;
}

function rowOf({ uri, t }: Shown, row: StreamRow, columns: readonly Column[]): string {
  const { stream, verdict, reason } = row;
  const debug = link({
    ...{ command: "debugStream", args: [uri, stream], key: `debugStream ${stream}` },
    ...{ label: t("Debug stream"), spoken: t("Debug stream {0}", stream) },
  });
  // A line that has no room for both ends breaks between them.
  const ends = stream.split(">").map(text).join("&#62;<wbr>");
  const why = reason === null || verdict === "right" ? "" : `<small>${text(wordsOf(reason))}</small>`;
  const cells = columns.map((column) => {
    const { title, cell } = column;
    return `<td role="cell"${classOf(column)} data-title="${text(title)}">${text(cell(row))}</td>`;
  });
  return `<tr role="row"><th role="rowheader" scope="row">${ends}</th><td role="cell" class="${cssOf(verdict)}">${wordOf(verdict)}${why}</td>${cells.join("")}<td role="cell" class="act">${debug}</td></tr>`;
}

const classOf = (column: Column | undefined): string => (column?.style ? ` class="${column.style}"` : "");

const wordsOf = (reason: string): string => reason.replaceAll("-", " ");

/** What the reasons are at length, each once however many streams have it. */
function notesOf(streams: readonly StreamRow[], t: Translate): string {
  const notes = new Map<string, string>();
  for (const { note, reason } of streams) if (note !== null) notes.set(note, reason ?? "");
  if (notes.size === 0) return "";
  const items = [...notes].map(([note, reason]) => {
    const word = wordsOf(reason);
    return `<li>${word === "" ? "" : `<b>${text(word)}</b>: `}${text(note)}</li>`;
  });
  return `<h2>${text(t("Notes"))}</h2><ul>${items.join("")}</ul>`;
}
