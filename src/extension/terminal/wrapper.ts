/** A script that stands for a command. */
export interface Wrapper {
  name: string;
  text: string;
}

/** The script `tlstrace` of a platform: `program` (an Electron or Node.js) runs the file `cli` with what it is given. */
export function wrapperOf(platform: NodeJS.Platform, program: string, cli: string): Wrapper {
  if (platform !== "win32") {
    const [run, file] = [program, cli].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    return {
      name: "tlstrace",
      text: `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${run} ${file} "$@"\n`,
    };
  }
  // A percent sign names a variable, also between quotes; quotes themselves are in no path there.
  const [run, file] = [program, cli].map((word) => `"${word.replaceAll("%", "%%")}"`);
  return {
    name: "tlstrace.cmd",
    text: `@echo off\r\nsetlocal\r\nset ELECTRON_RUN_AS_NODE=1\r\n${run} ${file} %*\r\n`,
  };
}
