// Opens a capture and indexes its packets: what reading costs before any key, record or replay.
// Usage: node index-only.mjs CAPTURE
import { openFile } from "../../node/open-file.ts";
import { readSegments } from "../../trace/pcap/capture-file.ts";
import { noProgress } from "../../trace/platform.ts";

const { frames, log } = await readSegments(openFile(process.argv[2]!), noProgress);
process.stdout.write(`${frames} frames, ${log.count} TCP segments\n`);
