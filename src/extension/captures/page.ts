import path from "node:path";
import type { Translate } from "../../pictures/words.ts";
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
  /** Says it in the reader's language, whose code stands beside it. */
  t: Translate;
  language: string;
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
  const { name, progress, t, language } = shown;
  return `<!DOCTYPE html>
<html lang="${text(language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}';">
<title>${text(name)}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<main>
<h1>${text(name)}</h1>
<p>${text(extentOf(shown))}</p>
<nav aria-label="${text(t("Capture"))}">${buttons(shown)}</nav>
<section aria-live="polite">${verdictOf(shown)}</section>
${placesOf(shown)}${tableOf(shown)}${progress === "running" ? "" : complaintsOf(shown)}
</main>
</body>
</html>`;
}

function buttons({ uri, progress, t }: Shown): string {
  const all: [string, string][] = [
    ["debugFile", t("Debug")],
    ["debugPicture", t("Picture")],
    ["showFindings", t("Show findings")],
    progress === "running" ? ["cancelVerify", t("Cancel")] : ["verify", t("Verify")],
    ["chooseKeys", t("Choose keys")],
    ["exportTrace", t("Export as trace")],
  ];
  return all.map(([command, label]) => link(command, [uri], label)).join(" ");
}

function verdictOf(shown: Shown): string {
  const { progress, rows, t } = shown;
  const { file } = rows;
  if (progress === "running")
    return `<p><progress aria-label="${text(t("The capture is being verified"))}"></progress> ${text(t("Verifying: debugging need not wait."))}</p>`;
  if (progress === "cancelled")
    return `<p>${text(t("Verifying was cancelled: nothing is said of the capture."))}</p>`;
  if (progress !== "done") return `<p class="wrong">${text(progress.failed)}</p>`;
  if (!file) return `<p class="wrong">${text(t("Verifying ended without a verdict."))}</p>`;
  const [authenticated, records, compared, bytes] = [
    ...[file.authenticated, file.records, file.compared, file.bytes],
  ].map((value) => number(shown, value));
  const checked = t(
    "Records authenticated: {0} of {1}. Captured bytes compared: {2} of {3}.",
    ...[authenticated!, records!, compared!, bytes!],
  );
  const reason = file.reason === null ? "" : `: ${text(file.reason)}`;
  return `<h2 class="${cssOf(file.verdict)}">${wordOf(file.verdict)}${reason}</h2><p>${text(checked)}</p><p>${keysOf(shown, file)}</p>`;
}

function keysOf({ uri, isLookedUp, t }: Shown, { keys }: FileRow): string {
  if (keys.length === 0) return text(t("No key file was used."));
  const names = keys.map((key) => path.basename(key)).join(", ");
  if (!isLookedUp) return text(t("Keys: {0}", names));
  const found = t("Keys of its sessions are in the workspace: {0}.", names);
  return `${text(found)} ${link("useKeys", [uri, keys], t("Use them"))}`;
}

function placesOf({ rows: { places }, t }: Shown): string {
  if (places.length === 0) return "";
  const items = places.map((place) => `<li>${text(place)}</li>`).join("");
  return `<h2>${text(t("Wrong bytes"))}</h2><ul>${items}</ul>`;
}

const columnsIn = (t: Translate): string[] => [
  ...[t("Stream"), t("Verdict"), "TLS", t("Keys"), t("Records"), t("Transmits"), t("Bytes"), t("Wrong"), ""],
];

function tableOf(shown: Shown): string {
  const { rows, t } = shown;
  const { streams, file } = rows;
  if (streams.length === 0) return "";
  const rest = (file?.streams ?? 0) - streams.length;
  const more = t("More streams: {0}; tlstrace verify lists all.", number(shown, rest));
  const head = columnsIn(t)
    .map((name) => (name === "" ? "<td></td>" : `<th scope="col">${text(name)}</th>`))
    .join("");
  const body = streams.map((row) => rowOf(shown, row)).join("\n");
  return `<table><caption>${text(t("TLS streams, a direction each"))}</caption><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table>${rest > 0 ? `<p>${text(more)}</p>` : ""}`;
}

function rowOf(shown: Shown, row: StreamRow): string {
  const { uri, t } = shown;
  const { stream, verdict, note } = row;
  const debug = link("debugStream", [uri, stream], t("Debug stream"), t("Debug stream {0}", stream));
  const verdictCell = `${wordOf(verdict)}${note === null ? "" : `<small>${text(note)}</small>`}`;
  const share = (some: number, all: number) => t("{0} of {1}", number(shown, some), number(shown, all));
  const cells = [
    text([row.version, row.cipher].filter((word) => word !== null).join(" ")),
    text(row.hasKeys ? t("yes") : t("no")),
    text(share(row.authenticated, row.records)),
    text(number(shown, row.transmits)),
    text(share(row.compared, row.bytes)),
    text(number(shown, row.wrong)),
    debug,
  ];
  const rest = cells.map((cell) => `<td>${cell}</td>`).join("");
  return `<tr><th scope="row">${text(stream)}</th><td class="${cssOf(verdict)}">${verdictCell}</td>${rest}</tr>`;
}

function complaintsOf({ rows: { file }, t }: Shown): string {
  if (!file || file.diagnostics.length === 0) return "";
  const items = file.diagnostics.map((each) => `<li>${text(each)}</li>`).join("");
  return `<h2>${text(t("About the file"))}</h2><ul>${items}</ul>`;
}

function link(command: string, args: unknown[], label: string, spoken = label): string {
  const address = `command:tlstrace.${command}?${encodeURIComponent(JSON.stringify(args))}`;
  return `<a class="button" href="${text(address)}" aria-label="${text(spoken)}">${text(label)}</a>`;
}

const wordOf = (verdict: string): string => verdicts[verdict] ?? text(verdict);
const cssOf = (verdict: string): string => (verdict in verdicts ? verdict : "unchecked");
const number = ({ language }: Shown, value: number): string => value.toLocaleString(language);

/** `5 kB, 9 packets, 1 TLS stream`. */
function extentOf(shown: Shown): string {
  const { size, rows, t } = shown;
  const { file } = rows;
  if (!file) return bytesOf(shown, size);
  const [packets, streams] = [number(shown, file.packets), number(shown, file.streams)];
  return [
    bytesOf(shown, size),
    file.packets === 1 ? t("{0} packet", packets) : t("{0} packets", packets),
    file.streams === 1 ? t("{0} TLS stream", streams) : t("{0} TLS streams", streams),
  ].join(", ");
}

function bytesOf(shown: Shown, size: number): string {
  const { t } = shown;
  if (size === 1) return t("{0} byte", 1);
  if (size < 10_000) return t("{0} bytes", number(shown, size));
  const [unit, word] = size < 10_000_000 ? [1e3, "kB"] : [1e6, "MB"];
  return `${number(shown, Math.round(size / unit))} ${word}`;
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
