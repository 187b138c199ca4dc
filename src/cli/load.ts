import { Timeline } from "../replay/timeline.ts";
import { replayWhole } from "../study/slices.ts";
import { type LoadFlags, type Opened, open } from "./open.ts";

/** Opens a file and runs it. Throws UserError for what the user has to mend. */
export const load = async (fileName: string, flags: LoadFlags): Promise<Timeline> =>
  replayed(await open(fileName, flags));

/** The trace's first pass. */
export async function replayed({ trace, progress }: Opened): Promise<Timeline> {
  const timeline = await replayWhole(new Timeline(trace), progress);
  progress.end();
  return timeline;
}
