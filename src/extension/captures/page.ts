import path from "node:path";
import type { FileRow, StreamRow, VerdictRows } from "./verdict-rows.ts";

/** Where the check of a capture stands. */
export type Progress = "running" | "done" | "cancelled" | { failed: string };

/** What a page is made of. */
export interface Shown {
  /** The capture's address, as commands take it. */
  uri: string;
  name: string;
  size: number;
  progress: Progress;
  rows: VerdictRows;
  /** True if the keys were looked up in the workspace: they are offered, not taken. */
  isLookedUp: boolean;
}

/** Commands that the page may run, and no others. */
export const pageCommands = [
  "tlstrace.debugFile",
  "tlstrace.debugStream",
  "tlstrace.debugPicture",
  "tlstrace.verify",
  "tlstrace.showFindings",
  "tlstrace.chooseKeys",
  "tlstrace.useKeys",
  "tlstrace.exportTrace",
  "tlstrace.cancelVerify",
];

/** What verdicts are called, each with a sign so that colour is not needed. */
const verdicts: Readonly<Record<string, string>> = {
  right: "✓ right",
  wrong: "✗ wrong",
  unchecked: "? unchecked",
  unreadable: "✗ unreadable",
};

/**
 * The page of a capture: plain HTML without a script, which loads nothing. What a file says of itself stands in it as text
 * only; a button is a link to one of the commands above.
 */
export function pageOf(shown: Shown, nonce: string): string {
  const { name, size, rows, progress } = shown;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}';">
<title>${text(name)}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<main>
<h1>${text(name)}</h1>
<p>${bytesOf(size)}${rows.file ? `, ${count(rows.file.packets, "packet")}, ${count(rows.file.streams, "TLS stream")}` : ""}</p>
<nav aria-label="Capture">${buttons(shown)}</nav>
<section aria-live="polite">${verdictOf(shown)}</section>
${placesOf(rows)}${tableOf(shown)}${progress === "running" ? "" : complaintsOf(rows.file)}
</main>
</body>
</html>`;
}

function buttons({ uri, progress }: Shown): string {
  const all: [string, string][] = [
    ["debugFile", "Debug"],
    ["debugPicture", "Picture"],
    ["showFindings", "Show findings"],
    progress === "running" ? ["cancelVerify", "Cancel"] : ["verify", "Verify"],
    ["chooseKeys", "Choose keys"],
    ["exportTrace", "Export as trace"],
  ];
  return all.map(([command, label]) => link(command, [uri], label)).join(" ");
}

function verdictOf({ uri, progress, rows: { file }, isLookedUp }: Shown): string {
  if (progress === "running")
    return `<p><progress aria-label="The capture is being verified"></progress> Verifying: debugging need not wait.</p>`;
  if (progress === "cancelled") return "<p>Verifying was cancelled: nothing is said of the capture.</p>";
  if (progress !== "done") return `<p class="wrong">${text(progress.failed)}</p>`;
  if (!file) return `<p class="wrong">Verifying ended without a verdict.</p>`;
  const reason = file.reason === null ? "" : `: ${text(file.reason)}`;
  const checked = `${number(file.authenticated)} of ${count(file.records, "record")} authenticated, ${number(file.compared)} of ${count(file.bytes, "captured byte")} compared`;
  const names = file.keys.map((key) => path.basename(key)).join(", ");
  const found = isLookedUp && file.keys.length > 0;
  const keys = found
    ? `Keys of its sessions are in the workspace: ${text(names)}. ${link("useKeys", [uri, file.keys], "Use them")}`
    : names === ""
      ? "No key file was used."
      : `Keys: ${text(names)}`;
  return `<h2 class="${cssOf(file.verdict)}">${wordOf(file.verdict)}${reason}</h2><p>${checked}.</p><p>${keys}</p>`;
}

function placesOf({ places }: VerdictRows): string {
  if (places.length === 0) return "";
  const items = places.map((place) => `<li>${text(place)}</li>`).join("");
  return `<h2>Wrong bytes</h2><ul>${items}</ul>`;
}

const columns = ["Stream", "Verdict", "TLS", "Keys", "Records", "Transmits", "Bytes", "Wrong", ""];

function tableOf(shown: Shown): string {
  const { streams, file } = shown.rows;
  if (streams.length === 0) return "";
  const rest = (file?.streams ?? 0) - streams.length;
  const more = rest > 0 ? `<p>${count(rest, "stream")} more: tlstrace verify lists all.</p>` : "";
  const head = columns.map((name) => (name === "" ? "<td></td>" : `<th scope="col">${name}</th>`)).join("");
  const body = streams.map((row) => rowOf(shown.uri, row)).join("\n");
  return `<table><caption>TLS streams, a direction each</caption><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table>${more}`;
}

function rowOf(uri: string, row: StreamRow): string {
  const { stream, verdict, note } = row;
  const debug = link("debugStream", [uri, stream], "Debug stream", `Debug stream ${stream}`);
  const verdictCell = `${wordOf(verdict)}${note === null ? "" : `<small>${text(note)}</small>`}`;
  const cells = [
    text([row.version, row.cipher].filter((word) => word !== null).join(" ")),
    row.hasKeys ? "yes" : "no",
    `${number(row.authenticated)} of ${number(row.records)}`,
    number(row.transmits),
    `${number(row.compared)} of ${number(row.bytes)}`,
    number(row.wrong),
    debug,
  ];
  const rest = cells.map((cell) => `<td>${cell}</td>`).join("");
  return `<tr><th scope="row">${text(stream)}</th><td class="${cssOf(verdict)}">${verdictCell}</td>${rest}</tr>`;
}

function complaintsOf(file: FileRow | null): string {
  if (!file || file.diagnostics.length === 0) return "";
  const items = file.diagnostics.map((each) => `<li>${text(each)}</li>`).join("");
  return `<h2>About the file</h2><ul>${items}</ul>`;
}

function link(command: string, args: unknown[], label: string, spoken = label): string {
  const address = `command:tlstrace.${command}?${encodeURIComponent(JSON.stringify(args))}`;
  return `<a class="button" href="${text(address)}" aria-label="${text(spoken)}">${text(label)}</a>`;
}

const wordOf = (verdict: string): string => verdicts[verdict] ?? text(verdict);
const cssOf = (verdict: string): string => (verdict in verdicts ? verdict : "unchecked");
const number = (value: number): string => value.toLocaleString("en");
const count = (value: number, noun: string): string => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;

function bytesOf(size: number): string {
  if (size < 10_000) return count(size, "byte");
  return size < 10_000_000 ? `${number(Math.round(size / 1000))} kB` : `${number(Math.round(size / 1e6))} MB`;
}

/** Text that cannot become anything else in HTML, nor turn the direction of what stands around it. */
const text = (words: string): string =>
  words
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "�")
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const style = `
main { max-width: 110em; padding: 0 1em 2em; }
h1 { font-size: 1.4em; overflow-wrap: anywhere; } h2 { font-size: 1.15em; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; padding: .5em 0; }
th, td { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; border-bottom: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder)); }
tbody th { font-family: var(--vscode-editor-font-family); font-weight: normal; overflow-wrap: anywhere; }
small { display: block; color: var(--vscode-descriptionForeground); }
.button { display: inline-block; padding: .25em .8em; margin: 0 .3em .3em 0; text-decoration: none; white-space: nowrap; color: var(--vscode-button-foreground); background: var(--vscode-button-background); border: 1px solid var(--vscode-contrastBorder, transparent); }
.button:hover { background: var(--vscode-button-hoverBackground); }
.button:focus { outline: 2px solid var(--vscode-focusBorder); outline-offset: 2px; }
.wrong, .unreadable { color: var(--vscode-errorForeground); }`;
