// A worker process of `verify`: a file after the other, whatever becomes of the others.

import workerpool from "workerpool";
import type { VerifyJob } from "../../report/verified.ts";
import { noProgress } from "../../trace/platform.ts";
import { verifyFile } from "./verify-file.ts";

workerpool.worker({ verify: (job: VerifyJob) => verifyFile(job, noProgress) });
