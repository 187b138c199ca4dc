import { Timeline } from "../replay/timeline.ts";
import { type LoadFlags, type Opened, open } from "./open.ts";

/** Events run between two looks at whether to go on. */
const slice = 1 << 18;

/** Opens a file and runs it. Throws UserError for what the user has to mend. */
export const load = async (fileName: string, flags: LoadFlags): Promise<Timeline> =>
  replayed(await open(fileName, flags));

/** The trace's first pass. */
export async function replayed({ trace, progress }: Opened): Promise<Timeline> {
  const timeline = new Timeline(trace);
  for (let done = 0; done < timeline.eventCount; ) {
    done = timeline.run(slice);
    await progress.tick(done, timeline.eventCount, "replaying");
  }
  progress.end();
  return timeline;
}
