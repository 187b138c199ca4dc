import path from "node:path";
import type { Environment } from "../study/environment.ts";
import { UserError } from "../trace/platform.ts";

/** Why nothing else is read, for people. */
const why = "the workspace is not trusted, so nothing but the trace itself is read";

/** Throws UserError: for every file but the trace. */
export function refuseBeside(named: string): never {
  throw new UserError(`${named} is not read: ${why}; trust the workspace to read it`);
}

/**
 * What node gives a study of a trace from somebody who is not trusted: its own file and what is embedded there. Keys
 * beside a capture are not looked for, which its diagnostics say; every file that a launch or a trace names is refused.
 */
export const traceAlone = (environment: Environment, trace: string): Environment => ({
  ...environment,
  openFile: (file) =>
    path.resolve(file) === path.resolve(trace) ? environment.openFile(file) : refuseBeside(file),
  openNamed: (_trace, named) => refuseBeside(named),
  keyFolder: refuseBeside,
  findKeys: () => ({ file: null, passedOver: [`keys are not looked for: ${why}`] }),
});
