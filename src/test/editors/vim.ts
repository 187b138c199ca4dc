import type { ChildProcess } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { type Driven, ended, inTerminal, type Setup, type Shown, until } from "./driven.ts";

/** What the test asks Vim, in its own language. */
const helpers = `
function! E2eText(buffer) abort
  return join(getbufline(a:buffer, 1, '$'), "\\n")
endfunction
function! E2eAt() abort
  let window = g:vimspector_session_windows.code
  let buffer = winbufnr(window)
  let line = line('.', window)
  return #{ name: fnamemodify(bufname(buffer), ':p'), line: line, text: getbufline(buffer, line)[0] }
endfunction
function! E2eConsole() abort
  let texts = map(filter(getbufinfo(), 'v:val.name =~# "vimspector.*\\\\(Console\\\\|server\\\\|stderr\\\\)"'), 'E2eText(v:val.bufnr)')
  return join(texts, "\\n")
endfunction
function! E2eVariables() abort
  return E2eText(winbufnr(g:vimspector_session_windows.variables))
endfunction
function! E2eType(text) abort
  VimspectorShowOutput Console
  call win_gotoid(g:vimspector_session_windows.output)
  call feedkeys("\\<C-\\\\>\\<C-n>GA" . a:text . "\\<CR>\\<C-\\\\>\\<C-n>", 't')
endfunction
function! E2eBreakpoint(line) abort
  call win_gotoid(g:vimspector_session_windows.code)
  call cursor(a:line, 1)
  call vimspector#ToggleBreakpoint()
endfunction
function! E2eDo(command) abort
  execute a:command
endfunction
`;

/** Vim with vimspector, in a terminal; it evaluates what comes over a channel that it opens. */
export class Vim implements Driven {
  private readonly child: ChildProcess;
  private readonly server: Server;
  private readonly socket: Socket;
  private readonly waiting = new Map<number, (value: unknown) => void>();
  private last = 0;

  private constructor(child: ChildProcess, server: Server, socket: Socket) {
    this.child = child;
    this.server = server;
    this.socket = socket;
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        const [id, value] = JSON.parse(line) as [number, unknown];
        this.waiting.get(id)?.(value);
        this.waiting.delete(id);
      }
    });
    socket.on("error", () => {});
  }

  /** `init`: the documented configuration; `plugin`: the folder of vimspector. */
  static async start(home: string, { init, plugin }: Setup, env: NodeJS.ProcessEnv): Promise<Vim> {
    const plugins = path.join(home, ".vim/pack/plugins/start");
    mkdirSync(plugins, { recursive: true });
    symlinkSync(plugin, path.join(plugins, "vimspector"));
    writeFileSync(path.join(home, ".vimrc"), init);
    const helperFile = path.join(home, "helpers.vim");
    writeFileSync(helperFile, helpers);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const open = `let g:e2e = ch_open("127.0.0.1:${port}")`;
    const child = inTerminal(`vim.nox -S '${helperFile}' -c '${open}'`, env);
    const failed = new Promise<never>((_, reject) => {
      child.once("exit", () => reject(new Error("Vim ended before it connected")));
    });
    return new Vim(child, server, await Promise.race([connected, failed]));
  }

  /** Vim answers on its channel, with the number that goes with the question. */
  private evaluate(expression: string): Promise<unknown> {
    const id = --this.last;
    const answered = new Promise<unknown>((resolve) => this.waiting.set(id, resolve));
    this.socket.write(`${JSON.stringify(["expr", expression, id])}\n`);
    return answered;
  }

  private async run(command: string): Promise<void> {
    const answer = await this.evaluate(`E2eDo('${command.replaceAll("'", "''")}')`);
    if (answer === "ERROR") throw new Error(`Vim could not ${command}`);
  }

  async debug(file: string): Promise<void> {
    if (!file.endsWith(".tlstrace")) return this.run(`TlstraceDebug ${file}`);
    await this.run(`edit ${file}`);
    await this.run("call vimspector#Launch()");
  }

  async at(): Promise<Shown> {
    return (await this.evaluate("E2eAt()")) as Shown;
  }

  async variables(): Promise<string> {
    return String(await this.evaluate("E2eVariables()"));
  }

  async console(): Promise<string> {
    return String(await this.evaluate("E2eConsole()"));
  }

  type(line: string): Promise<void> {
    return this.run(`call E2eType('${line}')`);
  }

  breakpoint(line: number): Promise<void> {
    return this.run(`call E2eBreakpoint(${line})`);
  }

  goOn(): Promise<void> {
    return this.run("call vimspector#Continue()");
  }

  async stop(): Promise<void> {
    await this.run("VimspectorReset");
    await until(
      () => this.evaluate("exists('g:vimspector_session_windows.code')"),
      (is) => is === 0,
      "the session's end",
    );
  }

  async close(): Promise<void> {
    await ended(this.child);
    this.socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
