import { type ReadFlags, requestOf, speaker } from "../cli/flags.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { type Study, study } from "../study/study.ts";
import { openSubject } from "../study/subject.ts";
import { noProgress } from "../trace/platform.ts";

/** The study of a file as the command line's flags ask for it. */
export const studyOf = async (program: string, flags: ReadFlags = {}): Promise<Study> =>
  study(await openSubject(nodeEnvironment, requestOf(program, flags), speaker, noProgress), noProgress);
