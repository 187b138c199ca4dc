import { type ChildProcess, execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { type Driven, ended, inTerminal, type Setup, type Shown, until } from "./driven.ts";

const run = promisify(execFile);

/** What the test asks Neovim, in its own language. */
const helpers = `
e2e = {}
local function lines(buffer) return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\\n") end
local function window(is)
  for _, each in ipairs(vim.api.nvim_list_wins()) do
    if is(vim.api.nvim_win_get_buf(each)) then return each end
  end
end
local function has_type(filetype) return function(buffer) return vim.bo[buffer].filetype == filetype end end
local function is_source(buffer) return vim.api.nvim_buf_get_name(buffer):match("tlstrace$") ~= nil end
function e2e.at()
  local source = window(is_source)
  local buffer, line = vim.api.nvim_win_get_buf(source), vim.api.nvim_win_get_cursor(source)[1]
  local text = vim.api.nvim_buf_get_lines(buffer, line - 1, line, false)[1]
  return { name = vim.api.nvim_buf_get_name(buffer), line = line, text = text }
end
function e2e.console()
  local texts = { vim.api.nvim_exec("messages", true) }
  for _, each in ipairs(vim.api.nvim_list_bufs()) do
    if has_type("dap-repl")(each) then texts[#texts + 1] = lines(each) end
  end
  return table.concat(texts, "\\n")
end
function e2e.variables()
  local widgets = require("dap.ui.widgets")
  e2e.view = e2e.view or widgets.sidebar(widgets.scopes)
  e2e.view.open()
  return lines(e2e.view.buf)
end
function e2e.expand(name)
  for i, text in ipairs(vim.api.nvim_buf_get_lines(e2e.view.buf, 0, -1, false)) do
    if text == name then
      vim.api.nvim_set_current_win(e2e.view.win)
      vim.api.nvim_win_set_cursor(e2e.view.win, { i, 0 })
      require("dap.ui").trigger_actions({ mode = "first" })
    end
  end
  return true
end
function e2e.repl()
  require("dap").repl.open()
  vim.api.nvim_set_current_win(window(has_type("dap-repl")))
  return true
end
function e2e.breakpoint(line)
  local source = window(is_source)
  vim.api.nvim_set_current_win(source)
  vim.api.nvim_win_set_cursor(source, { line, 0 })
  require("dap").toggle_breakpoint()
  return true
end
`;

/** Neovim with nvim-dap, in a terminal; `nvim --remote-expr` evaluates. */

export class Neovim implements Driven {
  private readonly child: ChildProcess;
  private readonly socket: string;
  private readonly env: NodeJS.ProcessEnv;

  private constructor(child: ChildProcess, socket: string, env: NodeJS.ProcessEnv) {
    this.child = child;
    this.socket = socket;
    this.env = env;
  }

  /** `init`: the documented configuration; `plugin`: the folder of nvim-dap. */
  static async start(home: string, { init, plugin }: Setup, env: NodeJS.ProcessEnv): Promise<Neovim> {
    const plugins = path.join(home, ".local/share/nvim/site/pack/plugins/start");
    const config = path.join(home, ".config/nvim");
    for (const folder of [plugins, config]) mkdirSync(folder, { recursive: true });
    symlinkSync(plugin, path.join(plugins, "nvim-dap"));
    writeFileSync(path.join(config, "init.lua"), init);
    const helperFile = path.join(home, "helpers.lua");
    writeFileSync(helperFile, helpers);
    const socket = path.join(home, "neovim.sock");
    const child = inTerminal(`nvim --listen '${socket}' -c 'luafile ${helperFile}'`, env);
    const neovim = new Neovim(child, socket, env);
    await until(
      () => neovim.lua("package.loaded.dap ~= nil and e2e ~= nil"),
      Boolean,
      "Neovim with nvim-dap",
    );
    return neovim;
  }

  /** By a file: what Neovim prints it folds as it likes. */
  private async evaluate(expression: string): Promise<unknown> {
    const answer = `${this.socket}.json`;
    const written = `writefile([json_encode(${expression})], '${answer}')`;
    await run("nvim", ["--server", this.socket, "--remote-expr", written], { env: this.env });
    return JSON.parse(readFileSync(answer, "utf8"));
  }

  private lua(expression: string): Promise<unknown> {
    return this.evaluate(`luaeval('${expression.replaceAll("'", "''")}')`);
  }

  async debug(file: string): Promise<void> {
    if (!file.endsWith(".tlstrace")) return void (await this.evaluate(`execute('TlstraceDebug ${file}')`));
    await this.evaluate(`execute('edit ${file}')`);
    await this.goOn();
  }

  async at(): Promise<Shown> {
    return (await this.lua("e2e.at()")) as Shown;
  }

  async variables(): Promise<string> {
    const text = String(await this.lua("e2e.variables()"));
    // A scope is opened as its user does.
    if (!text.includes("expectedSeq")) await this.lua("e2e.expand('Now')");
    return text;
  }

  async console(): Promise<string> {
    return String(await this.lua("e2e.console()"));
  }

  async type(line: string): Promise<void> {
    await this.lua("e2e.repl()");
    await this.evaluate(`nvim_input('<Esc>GA${line}<CR><Esc>')`);
  }

  async breakpoint(line: number): Promise<void> {
    await this.lua(`e2e.breakpoint(${line})`);
  }

  async goOn(): Promise<void> {
    await this.lua("require('dap').continue() or 0");
  }

  async stop(): Promise<void> {
    await this.lua("require('dap').terminate() or 0");
    await until(() => this.lua("require('dap').session() == nil"), Boolean, "the session's end");
  }

  close(): Promise<void> {
    return ended(this.child);
  }
}
