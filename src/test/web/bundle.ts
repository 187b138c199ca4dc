import esbuild from "esbuild";

/**
 * `debugged` as a script for a browser, `web.debugged` in it. Modules of Node.js are not there to be bundled: whatever
 * needs one makes this throw.
 */
export async function browserBundle(): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: ["src/test/web/debugged.ts"],
    bundle: true,
    platform: "browser",
    target: "es2022",
    format: "iife",
    globalName: "web",
    alias: { events: "./src/web/events.ts", url: "./src/web/url.ts" },
    minify: true,
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
