import type { Environment } from "../study/environment.ts";
import { keepListing } from "./kept-listings.ts";
import { findKeys } from "./key-files.ts";
import { keyFolder } from "./key-folder.ts";
import { openNamed } from "./named-file.ts";
import { openFile } from "./open-file.ts";
import { nodePlatform } from "./platform.ts";
import { saveTrace } from "./trace-file.ts";

/** What node gives a study, wherever it is made. `workspace`: folders whose files any trace may name. */
export const environmentIn = (workspace: () => readonly string[]): Environment => ({
  platform: nodePlatform,
  openFile,
  openNamed: (trace, path) => openNamed(trace, path, workspace()),
  findKeys,
  keyFolder,
  keepListing,
  saveTrace,
});

/** For a command, and for an adapter on its own: the folder where it was started is the workspace. */
export const nodeEnvironment = environmentIn(() => [process.cwd()]);
