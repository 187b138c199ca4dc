// What some editors call files by (`pathFormat: "uri"`). There is no node in this room, so its functions do not serve.

/** The path of a `file:` URI; any other text as it is. */
export function pathOfUri(uri: string): string {
  const [, rest] = /^file:\/\/(?:localhost)?(\/.*)$/i.exec(uri) ?? [];
  if (rest === undefined) return uri;
  try {
    return decodeURIComponent(rest).replace(/^\/([A-Za-z]:)/, "$1");
  } catch {
    return uri; // A percent sign with nothing behind it.
  }
}

/** An absolute path as a `file:` URI. */
export function uriOfPath(path: string): string {
  const isWindows = /^[A-Za-z]:[\\/]/.test(path);
  const slashed = isWindows ? `/${path.replaceAll("\\", "/")}` : path;
  const encoded = slashed
    .split("/")
    .map((part) => encodeURIComponent(part))
    .join("/");
  return `file://${isWindows ? encoded.replace("%3A", ":") : encoded}`;
}
