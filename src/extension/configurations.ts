import * as vscode from "vscode";
import { namesFile } from "../trace/profile-word.ts";
import type { CaptureKeys } from "./keys.ts";
import { listingsCanShow } from "./listings.ts";
import type { Place } from "./place.ts";
import { checkpointsOf } from "./time-travel.ts";
import {
  activeTrace,
  configurationAs,
  configurationOf,
  isCapture,
  isUri,
  pickTrace,
  programOf,
  workspaceTraces,
} from "./trace-files.ts";

/** Fills in what a launch configuration leaves open: the program (F5 without launch.json) and a capture's keys. */
export function configurationProvider(
  memory: vscode.Memento,
  { captures }: Place,
  captureKeys: CaptureKeys,
): vscode.DebugConfigurationProvider {
  return {
    async resolveDebugConfiguration(_folder, configuration) {
      // A capture's tab is no text editor, so the editor could not fill in ${file} for it.
      const isOpen = /^(\$\{file\})?$/.test(configuration.program ?? "");
      if (!isOpen) return configuration;
      const program = activeTrace() ?? (await pickTrace());
      return program === undefined ? undefined : { ...configurationOf(program), ...configuration, program };
    },
    async resolveDebugConfigurationWithSubstitutedVariables(folder, configuration) {
      const program = absolute(folder, String(configuration.program));
      const paths = (name: string, isPath?: (word: string) => boolean) =>
        configuration[name] === undefined
          ? {}
          : { [name]: absolutePaths(folder, configuration[name], isPath) };
      const profiles = { ...paths("profile", namesFile), ...paths("compare", namesFile) };
      const checkpoints = checkpointsOf(memory, program);
      const filled = { ...profiles, ...paths("evidence"), ...paths("keys"), checkpoints };
      const resolved = { ...configuration, program, ...filled };
      if (!isCapture(program)) return resolved;
      // What the adapter would refuse is told before anything is asked about it.
      const missing = await captures.whyUnreadable(program);
      if (missing !== null) {
        void vscode.window.showErrorMessage(missing, { modal: true });
        return undefined;
      }
      await listingsCanShow();
      if (configuration.keys !== undefined) return resolved;
      const keys = await captureKeys.toDebug(program);
      return keys === undefined ? undefined : { ...resolved, keys };
    },
  };
}

/** One ready configuration for each trace of the workspace, and for each bug that one names. */
export const dynamicProvider: vscode.DebugConfigurationProvider = {
  async provideDebugConfigurations() {
    const traces = await workspaceTraces();
    const named = await Promise.all(traces.map(async (uri) => [uri, await bugsOf(programOf(uri))] as const));
    return named.flatMap(([uri, bugs]) => {
      const program = programOf(uri);
      const name = vscode.workspace.asRelativePath(uri);
      const asBugs = bugs.map((bug) => ({
        ...configurationAs(program, bug),
        name: vscode.l10n.t("{0} as {1}", name, bug),
      }));
      return [{ ...configurationOf(program), name }, ...asBugs];
    });
  },
};

/** A file that cannot be read has no bugs: debugging it says why. */
async function bugsOf(file: string): Promise<string[]> {
  const { bugsIn } = await import("./picks/variants.ts");
  return bugsIn(file).catch(() => []);
}

/** Paths in launch.json may be relative to the workspace folder. */
function absolute(folder: vscode.WorkspaceFolder | undefined, file: string): string {
  const base = (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri;
  if (base === undefined || isUri(file)) return file;
  const isAbsolute = /^([\\/]|[A-Za-z]:[\\/])/.test(file);
  // What stands for a folder in launch.json has lost where the folder is, if that is not this machine.
  if (isAbsolute && base.scheme !== "file") return programOf(base.with({ path: file.replaceAll("\\", "/") }));
  return programOf(isAbsolute ? vscode.Uri.file(file) : vscode.Uri.joinPath(base, file));
}

/**
 * An attribute with one path or several, those absolute that `isPath` takes for one: a profile may be a file or a
 * family's id. crypto_info objects stay as they are, and so does what the adapter must refuse.
 */
function absolutePaths(
  folder: vscode.WorkspaceFolder | undefined,
  given: unknown,
  isPath: (word: string) => boolean = () => true,
): unknown {
  if (Array.isArray(given)) return given.map((one: unknown) => absolutePaths(folder, one, isPath));
  return typeof given === "string" && isPath(given) ? absolute(folder, given) : given;
}
