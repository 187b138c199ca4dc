// An extension of the tests: tells over a socket what the extension host was asked to do since it was last asked.
const { createServer } = require("node:http");
const { monitorEventLoopDelay, performance } = require("node:perf_hooks");
const { setTimeout } = require("node:timers/promises");
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");
const vscode = require("vscode");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const mib = (bytes) => bytes / 2 ** 20;

/** What debug sessions said, as type, name and when (milliseconds as Date.now()). */
let messages = [];
const delay = monitorEventLoopDelay({ resolution: 1 });
let before = performance.eventLoopUtilization();

/** Begins anew; what was measured itself counts for nothing, so a little later. */
async function reset() {
  await setTimeout(20);
  messages = [];
  delay.reset();
  before = performance.eventLoopUtilization();
}

/** Memory as it stands, and without garbage and what is kept for it, as else it tells when the collector last ran. */
async function told() {
  const longestMs = delay.max / 1e6;
  const activeMs = performance.eventLoopUtilization(before).active;
  const { rss } = process.memoryUsage();
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
  await setTimeout(200);
  const { rss: needed, heapUsed, external } = process.memoryUsage();
  const held = mib(heapUsed + external);
  return { pid: process.pid, rss: mib(rss), needed: mib(needed), held, longestMs, activeMs, messages };
}

exports.activate = (context) => {
  delay.enable();
  const note = ({ type, command, event, body }) => {
    const name = type === "event" ? event : command;
    messages.push({ type, name, at: Date.now(), text: body?.text });
  };
  const server = createServer(async (_, response) => {
    const answer = JSON.stringify(await told());
    await reset();
    response.end(answer);
  });
  const listen = () => server.listen(process.env.TLSTRACE_PROBE);
  // The extension host of a window that has just gone may still have it.
  server.on("error", () => setTimeout(500).then(listen));
  listen();
  context.subscriptions.push(
    { dispose: () => server.close() },
    vscode.debug.registerDebugAdapterTrackerFactory("tlstrace", {
      createDebugAdapterTracker: () => ({ onWillReceiveMessage: note, onDidSendMessage: note }),
    }),
  );
};
