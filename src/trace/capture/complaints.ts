import { gapType, type RecordTable } from "../tls/record-table.ts";
import type { Diagnostic } from "../trace.ts";
import { counted, noun } from "../visible.ts";
import type { CaptureContext } from "./context.ts";
import { hostOf, type Names } from "./names.ts";
import type { Sender } from "./senders.ts";

/** Unused crypto_infos told one by one: a file of a busy host's may have a quarter of a million. */
const toldMax = 100;

/** What the user asked for and did not get; `streams`: globs that select them. Pauses behind each crypto_info. */
export function* complaints(
  senders: readonly Sender[],
  { cryptoInfos, fitting }: Pick<CaptureContext, "cryptoInfos" | "fitting">,
  { streams: globs, names: called }: { streams: readonly string[]; names?: Names },
): Generator<number, Diagnostic[]> {
  const found: Diagnostic[] = [];
  if (senders.length === 0) {
    const message =
      globs.length > 0
        ? `no TLS stream matches ${globs.join(", ")}: names are SRC:PORT>DST:PORT or short as A>B, * and ? match anything`
        : "no TLS was found in any connection of the capture: no ClientHello that is answered, and no records at its beginning";
    found.push({ severity: "warning", message });
  }
  const hosts = new Set(
    senders.flatMap(({ shown }) => shown.name.replace(/#\d+$/, "").split(">").map(hostOf)),
  );
  for (const [host, name] of typeof called === "object" ? Object.entries(called) : [])
    if (senders.length > 0 && !hosts.has(host))
      found.push({ severity: "warning", message: `no stream is of ${host}, which was to be called ${name}` });
  const names = new Set(senders.map(({ shown }) => shown.name.replace(/#\d+$/, "")));
  let unused = 0;
  let nameless = 0;
  for (const [i, info] of cryptoInfos.entries()) {
    yield i / cryptoInfos.length;
    if (info.ends === null && !fitting.has(info)) nameless++;
    const name = info.ends && `${info.ends.source}>${info.ends.destination}`;
    if (name === null || names.has(name) || ++unused > toldMax) continue;
    found.push({
      severity: "warning",
      message: `no stream ${name} in the capture: its crypto_info was not used`,
    });
  }
  if (unused > toldMax)
    found.push({
      severity: "warning",
      message: `${counted(unused - toldMax, "more crypto_info is", "more crypto_infos are")} of no stream in the capture and not told one by one`,
    });
  if (nameless > 0)
    found.push({
      severity: "warning",
      message: `keys of ${counted(nameless, "direction")} that strace saw ${noun(nameless, "opens", "open")} no stream of the capture: trace with -yy`,
    });
  for (const { shown, offload } of senders) {
    const missing = offload && missingOf(offload.walked.table);
    if (missing) found.push({ severity: "note", message: `${shown.name}: ${missing}` });
  }
  return found;
}

/** What of a stream's records is not there, null if nothing. */
function missingOf(table: RecordTable): string | null {
  let gaps = 0;
  let bytes = 0;
  for (let row = 0; row < table.count; row++) {
    if (table.type.values[row] !== gapType) continue;
    gaps++;
    bytes += table.length.values[row]!;
  }
  if (gaps === 0) return null;
  return `${counted(gaps, "gap")} of ${counted(bytes, "byte")} in all where records are not known, because the capture lacks bytes or they are damaged`;
}
