import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { saveFile } from "../node/save.ts";
import { htmlOf, reportBody } from "../report/html.ts";
import { paced } from "../trace/platform.ts";
import { counted } from "../trace/visible.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { open, studied } from "./opened.ts";
import { complainLine, print } from "./output.ts";
import { tool } from "./version.ts";
import { readFor, refuseToReplace } from "./written.ts";

export interface ReportFlags extends ReadFlags {
  /** The file to write; `-` = standard output. */
  out: string;
  force?: true;
}

/** What stands beside the command: the script and the style of pictures. */
const beside = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`./${name}`, import.meta.url)), "utf8");

/** `tlstrace report FILE`: verdict, findings and pictures as one file of HTML, for a ticket. */
export async function report(file: string, flags: ReportFlags): Promise<void> {
  const { out, force } = flags;
  refuseToReplace(out, readFor(file, flags), force);
  const opened = await open(requestOf(file, flags));
  const study = await studied(opened);
  const wanted = { keys: opened.subject.keys, streams: flags.stream ?? [] };
  const body = await paced(opened.progress, "drawing", reportBody(study, wanted));
  opened.progress.end();
  const html = htmlOf(body, {
    script: beside("picture-report.js"),
    style: beside("picture-style.css"),
    tool,
  });
  if (out === "-") return print([html.trimEnd()]);
  saveFile(out, html);
  complainLine(out, `note: ${body.verdict}; ${counted(body.pictures.length, "picture")}`);
}
