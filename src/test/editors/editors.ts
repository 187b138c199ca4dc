/**
 * The debugger in editors other than VS Code, as `npm run e2e -- --editors` drives them: each with the configuration of
 * media/docs/editors.md, in a terminal, asked for the text that its buffers show.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { type Driven, type Setup, type Shown, until } from "./driven.ts";
import { Emacs } from "./emacs.ts";
import { clients, eglot, installClient } from "./install.ts";
import { Neovim } from "./neovim.ts";
import { Vim } from "./vim.ts";
import { neovimWrites } from "./writing.ts";
import { emacsWrites } from "./writing-emacs.ts";

const scratch = realpathSync(mkdtempSync(path.join(os.tmpdir(), "tlstrace-editors-")));
after(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));
const samples = path.join(scratch, "samples");
cpSync("media/samples", samples, { recursive: true });
const trace = path.join(samples, "retransmission-in-record.tlstrace");
const capture = path.join(samples, "lossy.pcap");

/** A user's home, where the project lies where the page says. */
function homeOf(client: string): { home: string; env: NodeJS.ProcessEnv } {
  const home = path.join(scratch, client);
  mkdirSync(home);
  symlinkSync(process.cwd(), path.join(home, "tls-offload-debugger"));
  const { PATH } = process.env;
  return { home, env: { PATH, HOME: home, TERM: "xterm-256color", LC_ALL: "C.UTF-8" } };
}

/** The configuration that a page gives, in a language. */
function documented(language: string, name = "editors.md"): string {
  const page = readFileSync(`media/docs/${name}`, "utf8");
  const [, block] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(page) ?? [];
  assert.ok(block, `${name} has a configuration in ${language}`);
  return block;
}

interface Tried {
  language: string;
  start(home: string, setup: Setup, env: NodeJS.ProcessEnv): Promise<Driven>;
}

const tried: Readonly<Record<keyof typeof clients, Tried>> = {
  emacs: { language: "elisp", start: Emacs.start },
  neovim: { language: "lua", start: Neovim.start },
  vim: { language: "vim", start: Vim.start },
};

for (const id of Object.keys(clients) as (keyof typeof clients)[]) {
  const { name } = clients[id];
  let plugin = "";
  let lacks = "";
  try {
    plugin = installClient(clients[id]);
  } catch (error) {
    lacks = error instanceof Error ? error.message : String(error);
    console.error(`NOT TESTED: ${name}: ${lacks}`);
  }
  describe(name, { skip: lacks === "" ? false : lacks }, () => {
    let editor!: Driven;
    before(async () => {
      const { home, env } = homeOf(id);
      editor = await tried[id].start(home, { init: documented(tried[id].language), plugin }, env);
    });
    after(() => editor?.close());
    const comesTo = (line: number, text: RegExp) =>
      until(
        () => editor.at(),
        (shown) => shown.line === line && text.test(shown.text),
        `line ${line} with ${text}`,
      );
    const shows = (what: "variables" | "console", text: RegExp) =>
      until(
        () => editor[what](),
        (shown) => text.test(shown),
        `${text} in the ${what}`,
      );
    traceTests(() => editor, comesTo, shows);
    captureTests(() => editor, comesTo, shows);
  });
}

let lacksEglot: string | false = false;
try {
  installClient(eglot);
} catch (error) {
  lacksEglot = error instanceof Error ? error.message : String(error);
  console.error(`NOT TESTED: ${eglot.name}, while a trace is written: ${lacksEglot}`);
}
describe(`${eglot.name}, while a trace is written`, { skip: lacksEglot }, () => {
  const { home, env } = homeOf("emacs-lsp");
  emacsWrites(home, env, documented("elisp", "writing.md"));
});

const { home, env } = homeOf("neovim-lsp");
const lacksNeovim = spawnSync("nvim", ["--version"]).error === undefined ? false : "nvim is not installed";
if (lacksNeovim) console.error(`NOT TESTED: Neovim, while a trace is written: ${lacksNeovim}`);
describe("Neovim, while a trace is written", { skip: lacksNeovim }, () =>
  neovimWrites(home, env, documented("lua", "writing.md")),
);

type ComesTo = (line: number, text: RegExp) => Promise<Shown>;
type Shows = (what: "variables" | "console", text: RegExp) => Promise<string>;

/** Lines and numbers are those of the sample's own text. */
function traceTests(editor: () => Driven, comesTo: ComesTo, shows: Shows): void {
  test("a trace: it stops at the first packet out of order and shows what the driver expects", async () => {
    await editor().debug(trace);
    const { name } = await comesTo(8, /web > 4344:40087\(35743\)/);
    assert.equal(name, trace);
    await shows("variables", /expectedSeq\W+2896/);
    await shows("console", /2 packets out of order, the first in line 8/);
  });

  test("time travel by words: the line and the variables follow", async () => {
    await editor().type("goto event 2");
    await comesTo(5, /web > 0:1448\(1448\)/);
    await shows("variables", /expectedSeq\W+0\b/);
    await editor().type("why 2896");
    await shows("console", /record 1, byte 2896 of 16413/);
    await shows("console", /sent again 1: line 15: 2896:4344/);
    await editor().type("goto line 7");
    await comesTo(7, /web > 2896:4344\(1448\) {2}qdisc-drop/);
    await editor().type("back");
    await comesTo(6, /web > 1448:2896\(1448\) {2}lost/);
  });

  test("a breakpoint on a line: forwards by the editor's command, backwards by rc", async () => {
    await editor().type("goto start");
    await comesTo(4, /web send 40000/);
    await editor().breakpoint(12);
    await editor().goOn();
    await comesTo(12, /web > 1448:2896\(1448\)/);
    await shows("variables", /expectedSeq\W+40087/);
    await editor().type("goto end");
    await comesTo(16, /web < ack 40087/);
    await editor().type("rc");
    await comesTo(12, /web > 1448:2896\(1448\)/);
    await editor().type("driver.expectedSeq - packet.seq");
    await shows("console", /\b38639\b/);
    await editor().breakpoint(12);
    await editor().stop();
  });
}

/** Frames are those that tshark shows: frame 58 begins 44630 behind the first byte that is offloaded. */
function captureTests(editor: () => Driven, comesTo: ComesTo, shows: Shows): void {
  test("a capture: its listing is shown, at the first packet out of order", async () => {
    await editor().debug(capture);
    const { name } = await comesTo(27, /B>A > -258:0\(258\)/);
    assert.match(name, /\/\.cache\/tlstrace\/listings\/\w+\/lossy\.pcap\.1-164\.tlstrace$/);
    await shows("console", /12 of 12 records authenticated, 187226 of 187226 bytes compared/);
  });

  test("words lead from stream to stream and back, and nothing runs on from there", async () => {
    await editor().type("goto frame 58");
    await comesTo(56, /B>A > 44630:46078\(1448\)/);
    await editor().type("why 2896");
    await shows("console", /frame 9: record 1, 0:16413\(16413\)/);
    await editor().type("goto seq 0 A>B");
    await comesTo(166, /A>B > 0:31\(31\)/);
    await editor().type("where");
    await shows("console", /event 163 of 164/);
    await editor().type("goto frame 58");
    await comesTo(56, /B>A > 44630:46078\(1448\)/);
  });

  test("a breakpoint in the listing, forwards and backwards", async () => {
    // It puts the cursor on its line, so the debugger is taken elsewhere before it comes there.
    await editor().breakpoint(60);
    await editor().type("goto start");
    await comesTo(4, /A>B > -249:-93\(156\)/);
    await editor().goOn();
    await comesTo(60, /B>A/);
    await editor().type("goto end");
    await comesTo(167, /A>B < ack 32/);
    await editor().type("rc");
    await comesTo(60, /B>A/);
    await editor().stop();
  });
}
