import { bugs } from "../../core/bugs/catalogue.ts";
import { kernels } from "../../core/machine/generation.ts";
import { profiles } from "../../core/profiles/all.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { profileFinder } from "../../trace/profiles/finder.ts";
import type { Trace } from "../../trace/trace.ts";
import { bugsOf, variantNames } from "../../trace/variant.ts";
import { browserEnvironment } from "../../web/environment.ts";
import { plainPath, profilesBeside } from "../../web/read-ahead.ts";
import { files } from "../files.ts";

/** NIC families, kernels and bugs, as somebody picks them. */
export const families = profiles.map(({ id, title }) => ({ label: id, description: title }));
export const generations = kernels.map(({ id, title }) => ({ label: id, description: title }));
export const broken = profiles.flatMap((profile) =>
  bugs
    .filter(({ isIn }) => isIn(profile))
    .map(({ name, says }) => ({ label: `${profile.id}/${name}`, description: says })),
);

/** Larger files no one wrote by hand. */
const readMax = 1 << 20;

/** All that a trace names behind `under`, what its devices do not run as first; of what is no trace file nothing. */
export const namedIn = (program: string): Promise<string[]> => whole(program, variantNames);

/** The bugs among them, each without a kernel. */
export const bugsIn = (program: string): Promise<string[]> => whole(program, bugsOf);

async function whole(named: string, namesOf: (trace: Trace) => string[]): Promise<string[]> {
  const program = plainPath(named);
  if (!program.endsWith(".tlstrace") || (await files.size(program)) > readMax) return [];
  const text = new TextDecoder().decode(await files.read(program));
  if (!/\bunder\b/.test(text)) return [];
  const { openNamed } = browserEnvironment(await profilesBeside(files, program));
  return namesOf(
    parseTrace(
      program,
      text,
      profileFinder((path) => openNamed(program, path)),
    ),
  );
}
