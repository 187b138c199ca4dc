import { countsOf } from "../judge/counts.ts";
import { firstPlace, placesOf, placeTitle, stopAt, wordPlace } from "../judge/places.ts";
import { streamVerdicts } from "../judge/verdict.ts";
import { missingText, streamText } from "../judge/verdict-words.ts";
import { CostPicture } from "../pictures/cost.ts";
import type { PictureView } from "../pictures/kind.ts";
import type { KindName } from "../pictures/kinds.ts";
import { RecordMap } from "../pictures/record-map/record-map.ts";
import { rareIn } from "../pictures/sequence-time/said.ts";
import { SequenceTime } from "../pictures/sequence-time/sequence-time.ts";
import type { Study } from "../study/study.ts";
import type { KeysGiven } from "../study/subject.ts";
import { streamsOf } from "../study/subject.ts";
import { firstLine, verdictOf } from "../study/verdict.ts";
import { eventPlace, type Stream } from "../trace/trace.ts";
import { counted, noun, visibleLine } from "../trace/visible.ts";

/** A picture as it is kept in a report: all that there is of it, at one level of detail. */
export interface KeptPicture {
  /** What stands above it: its stream, and for some what it is of that. */
  title: string;
  stream: string;
  kind: KindName;
  view: PictureView;
}

/** What a report says of a study, as plain data. */
export interface ReportBody {
  name: string;
  verdict: string;
  /** The verdict with its share. */
  text: string;
  counts: string[];
  findings: string[];
  /** Findings that are not told one by one. */
  more: number;
  streams: string[];
  /** The streams with most that is rare first. */
  pictures: KeptPicture[];
  /** Streams that have no picture: there is room for so many. */
  unpictured: number;
}

/** Findings that anybody reads; pictures that a browser opens at once, and the spots of each. */
const findingsMax = 500;
const picturesMax = 12;
const columns = 2000;
const costRows = 200;

/** What a report says of a study; `streams`: globs of those that are wanted. Pauses with the share that is done. */
export function* reportBody(
  study: Study,
  { keys, streams }: { keys: readonly KeysGiven[]; streams: readonly string[] },
): Generator<number, ReportBody> {
  const { trace } = study;
  const wanted = streamsOf(trace, streams);
  const verdict = verdictOf(study, keys);
  const rare = rareIn(study);
  const most = ({ connection }: Stream) => rare.get(connection) ?? 0;
  const pictured = wanted.filter(({ connection }) => connection >= 0).sort((a, b) => most(b) - most(a));
  const pictures: KeptPicture[] = [];
  for (const { connection, name } of pictured.slice(0, picturesMax)) {
    const picture = new SequenceTime(study, connection);
    for (const _ of picture.begin()) yield pictures.length / Math.min(picturesMax, pictured.length);
    for (const share of picture.complete())
      yield (pictures.length + share) / Math.min(picturesMax, pictured.length);
    const view = picture.view({ area: null, columns, position: { event: 0, stage: 0 } });
    const stream = trace.connections[connection]!.name;
    pictures.push({
      title: stream === name ? stream : `${stream}: ${name}`,
      stream,
      kind: "sequence-time",
      view: { ...view, now: null } as PictureView,
    });
  }
  pictures.push(...mapOfFirst(study, pictured), ...(yield* costOf(study)));
  const places = [...placesOf(study)];
  return {
    name: trace.name,
    verdict: verdict.verdict,
    text: firstLine(trace, verdict),
    counts: countsOf(study).map(({ what, one, count, bytes }) =>
      [`${count === 0 ? "no" : count} ${noun(count, one, what)}`, bytes]
        .filter((each) => each !== "")
        .join(", "),
    ),
    findings: places.slice(0, findingsMax).map((place) => `${placeTitle(place)} ${wordPlace(study, place)}`),
    more: Math.max(0, places.length - findingsMax),
    streams:
      trace.verdicts === null
        ? wanted.map(({ name, note }) => (note ? `${name}: ${note}` : name))
        : streamVerdicts(trace, wanted).flatMap((each) => [
            streamText(each),
            ...each.share.missing.map((missing) => `${each.stream.name}: ${missingText(missing)}`),
          ]),
    pictures,
    unpictured: Math.max(0, pictured.length - picturesMax),
  };
}

/** The record map where the first thing is that is wrong, if it is of one of these streams. */
function mapOfFirst(study: Study, streams: readonly Stream[]): KeptPicture[] {
  const place = firstPlace(study);
  if (place === null) return [];
  const { position } = stopAt(study, place);
  const connection = study.timeline.connectionAt(position);
  if (!streams.some((each) => each.connection === connection)) return [];
  const stream = study.trace.connections[connection]!.name;
  const title = `${stream}: record map at ${eventPlace(study.trace, position.event)}`;
  const view = new RecordMap(study, connection).view({ area: null, position });
  return [{ title, stream, kind: "record-map", view }];
}

/** What resynchronising cost, and which loss cost most; nothing where there is no stream. */
function* costOf(study: Study): Generator<number, KeptPicture[]> {
  if (study.trace.connections.length === 0) return [];
  const picture = new CostPicture(study);
  for (const share of picture.complete()) yield share;
  const view = picture.view({ area: null, columns: 1000, lines: costRows });
  return [{ title: "Cost", stream: "all streams", kind: "cost", view }];
}

/** Text as it may stand in HTML. */
const escaped = (text: string): string =>
  visibleLine(text).replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);

const listOf = (lines: readonly string[], otherwise: string): string =>
  lines.length === 0
    ? `<p>${otherwise}</p>`
    : `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("\n")}</ul>`;

/**
 * A report as one file of HTML that loads nothing: its pictures, and a table below each, are made by `script` from data
 * that stands in it.
 */
export function htmlOf(
  body: ReportBody,
  { script, style, tool }: { script: string; style: string; tool: string },
): string {
  const { name, verdict, text, counts, findings, more, streams, pictures, unpictured } = body;
  const data = JSON.stringify(pictures).replace(/</g, "\\u003c");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="${escaped(tool)}">
<title>${escaped(`${name}: ${verdict}`)}</title>
<style>${style}</style>
</head>
<body class="report">
<main>
<h1>${escaped(name)}</h1>
<p class="verdict ${escaped(verdict)}">${escaped(text)}</p>
${listOf(counts, "Nothing is counted.")}
<h2>What is wrong</h2>
${listOf(findings, "Nothing was found.")}${more > 0 ? `<p>… and ${more} more</p>` : ""}
<h2>Streams</h2>
${listOf(streams, "There are none.")}
${pictures.map(({ title }, i) => `<section><h2>${escaped(title)}</h2><div class="picture" data-picture="${i}"></div></section>`).join("\n")}
${unpictured > 0 ? `<p>${counted(unpictured, "more stream has", "more streams have")} no picture here: name one by --stream.</p>` : ""}
<noscript><p>The pictures are drawn by a script, which this browser does not run.</p></noscript>
</main>
<script type="tlstrace/pictures" id="pictures">${data}</script>
<script>${script.replace(/<\/script/gi, "<\\/script")}</script>
</body>
</html>
`;
}
