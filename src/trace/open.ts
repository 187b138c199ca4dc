import type { Profile } from "../core/profile.ts";
import { profileById } from "../core/profiles/all.ts";
import { type CaptureOptions, readCapture } from "./capture.ts";
import { captureFormat, openCaptureFile } from "./capture-file.ts";
import { readKeys } from "./keys.ts";
import { type FileAccess, type Platform, type Progress, UserError } from "./platform.ts";
import { parseTrace } from "./text.ts";
import type { Trace } from "./trace.ts";
