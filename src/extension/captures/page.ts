import { capital, link, number, text } from "./html.ts";
import type { Shown } from "./shown.ts";
import { tableOf } from "./streams.ts";
import type { FileRow, VerdictRows } from "./verdict-rows.ts";

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

/** What the extension tells the page: all of its main part, and what a screen reader says of the change. */
export interface PageTell {
  main: string;
  said: string;
}

/** Where the page finds its script and style; the word that lets the script run. */
export interface PageParts {
  source: string;
  script: string;
  style: string;
  nonce: string;
}

/** The page before anything is shown: its one script puts into it what it is told, and nothing is loaded but script and style. */
export const pageOf = ({ name, language }: Pick<Shown, "name" | "language">, parts: PageParts): string =>
  `<!DOCTYPE html>
<html lang="${text(language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${parts.source}; script-src 'nonce-${parts.nonce}';">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(name)}</title>
<link rel="stylesheet" href="${parts.style}">
</head>
<body><main></main><p role="status" class="unseen"></p><script nonce="${parts.nonce}" src="${parts.script}"></script></body>
</html>`;

/** What the page shows of a capture: what a file says of itself stands in it as text only; a button is a link to a command. */
export function mainOf(shown: Shown): string {
  const { name, t, progress } = shown;
  return `<h1>${text(name)}</h1>
<p class="extent">${text(extentOf(shown))}</p>
<section class="verdict ${kindOf(shown)}" aria-label="${text(t("Verdict"))}">${verdictOf(shown)}</section>
<nav aria-label="${text(t("Capture"))}">${buttons(shown)}</nav>
${placesOf(shown)}${tableOf(shown)}${progress === "running" ? "" : complaintsOf(shown)}`;
}

/** What a screen reader says when the page has changed. */
export function saidOf({ progress, rows: { file }, t }: Shown): string {
  if (progress === "running") return t("The capture is being verified");
  if (progress === "cancelled") return t("Verifying was cancelled: nothing is said of the capture.");
  if (progress !== "done") return progress.failed;
  return file ? [capital(file.verdict), file.reason].filter((word) => word !== null).join(": ") : "";
}

/** What the verdict is drawn as. */
function kindOf({ progress, rows: { file } }: Shown): string {
  if (progress === "running" || progress === "cancelled") return progress;
  return progress === "done" && file ? text(file.verdict) : "unreadable";
}

const isReadable = ({ file }: VerdictRows): boolean =>
  file === null || (file.verdict !== "unreadable" && file.streams > 0);

/** What can be done with it: of what has no stream nothing but to look again. */
function buttons({ uri, progress, rows, t }: Shown): string {
  const isRunning = progress === "running";
  const verify: [string, string] = isRunning ? ["cancelVerify", t("Cancel")] : ["verify", t("Verify")];
  const all: [string, string][] = isReadable(rows)
    ? [
        ["debugFile", t("Debug")],
        ["debugPicture", t("Picture")],
        ["showFindings", t("Show findings")],
        verify,
        ["chooseKeys", t("Choose keys")],
        ["exportTrace", t("Export as trace")],
      ]
    : [verify];
  return all
    .map(([command, label]) => {
      // Whoever has pressed one of both has the other under his finger.
      const key = command === verify[0] ? "verify" : command;
      return link({ command, args: [uri], label, key, isMain: command === "debugFile" });
    })
    .join("");
}

function verdictOf(shown: Shown): string {
  const { progress, rows, t } = shown;
  const { file } = rows;
  const line = (words: string) => `<p>${text(words)}</p>`;
  if (progress === "running") {
    const words = file
      ? t("Verifying again: what stands below was found before.")
      : t("Verifying: debugging need not wait.");
    return `<h2>${text(t("Verifying"))}</h2><progress aria-label="${text(t("The capture is being verified"))}"></progress>${line(words)}`;
  }
  if (progress === "cancelled")
    return `<h2>${text(t("Cancelled"))}</h2>${line(t("Verifying was cancelled: nothing is said of the capture."))}`;
  if (progress !== "done") return `<h2>${capital("unreadable")}</h2>${line(progress.failed)}`;
  if (!file) return `<h2>${capital("unreadable")}</h2>${line(t("Verifying ended without a verdict."))}`;
  const heading = `<h2>${capital(file.verdict)}</h2>${file.reason === null ? "" : line(file.reason)}`;
  return file.verdict === "unreadable"
    ? heading
    : `${heading}${checkedOf(shown, file)}${keysOf(shown, file)}`;
}

/** How much the verdict is about. */
function checkedOf(shown: Shown, file: FileRow): string {
  if (file.streams === 0) return "";
  const [authenticated, records, compared, bytes] = [
    ...[file.authenticated, file.records, file.compared, file.bytes],
  ].map((value) => number(shown.language, value));
  const words = shown.t(
    "Records authenticated: {0} of {1}. Captured bytes compared: {2} of {3}.",
    ...[authenticated!, records!, compared!, bytes!],
  );
  return `<p>${text(words)}</p>`;
}

function keysOf(shown: Shown, { keys, streams }: FileRow): string {
  const { uri, rows, isLookedUp, isTrusted, t } = shown;
  if (streams === 0) return "";
  const names = keys.map((key) => key.replace(/^.*[\\/]/, "")).join(", ");
  const says = (words: string, more = "") => `<p class="keys"><span>${text(words)}</span>${more}</p>`;
  if (keys.length === 0 && rows.streams.some(({ hasKeys }) => hasKeys))
    return says(t("The capture brings its keys."));
  if (!isTrusted)
    return says(t("The workspace is not trusted: nothing but the capture itself is read, no keys."));
  if (keys.length === 0) return says(t("No key file was used."));
  if (!isLookedUp) return says(t("Keys: {0}", names));
  const use = { command: "useKeys", args: [uri, keys], label: t("Use them"), key: "useKeys" };
  return says(t("Keys of its sessions are in the workspace: {0}.", names), link(use));
}

function placesOf({ rows: { places }, t }: Shown): string {
  if (places.length === 0) return "";
  const items = places.map((place) => `<li>${text(place)}</li>`).join("");
  return `<h2>${text(t("Wrong bytes"))}</h2><ul class="places">${items}</ul>`;
}

/** What is not said above already. */
function complaintsOf({ rows: { file }, t }: Shown): string {
  const news = file?.diagnostics.filter((each) => file.reason === null || !each.endsWith(file.reason)) ?? [];
  if (news.length === 0) return "";
  const items = news.map((each) => `<li>${text(each)}</li>`).join("");
  return `<h2>${text(t("About the file"))}</h2><ul>${items}</ul>`;
}

/** `5 kB, 9 packets, 1 TLS stream`. */
function extentOf(shown: Shown): string {
  const { size, rows, t, language } = shown;
  const { file } = rows;
  if (!file || file.packets === 0) return bytesOf(shown, size);
  const [packets, streams] = [number(language, file.packets), number(language, file.streams)];
  return [
    bytesOf(shown, size),
    file.packets === 1 ? t("{0} packet", packets) : t("{0} packets", packets),
    file.streams === 1 ? t("{0} TLS stream", streams) : t("{0} TLS streams", streams),
  ].join(", ");
}

function bytesOf({ t, language }: Shown, size: number): string {
  if (size === 1) return t("{0} byte", 1);
  if (size < 10_000) return t("{0} bytes", number(language, size));
  const [unit, word] = size < 10_000_000 ? [1e3, "kB"] : [1e6, "MB"];
  return `${number(language, Math.round(size / unit))} ${word}`;
}
