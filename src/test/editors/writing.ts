import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

/** What Neovim's own client is asked, once the server has told of the mistake; it leaves what came of it in a file. */
const asked = (answer: string) => `
local function params(line, column)
  vim.api.nvim_win_set_cursor(0, { line, column })
  return vim.lsp.util.make_position_params()
end
local function ask(method, given)
  for _, each in pairs(vim.lsp.buf_request_sync(0, "textDocument/" .. method, given, 10000) or {}) do
    return each.result
  end
end
local function lines() return vim.api.nvim_buf_get_lines(0, 0, -1, false) end
local found = {}
vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end)
found.diagnostics = {}
for _, each in ipairs(vim.diagnostic.get(0)) do
  table.insert(found.diagnostics, { each.lnum, each.col, each.end_col, each.message })
end
found.completion = {}
for _, each in ipairs(ask("completion", params(4, 11))) do table.insert(found.completion, each.label) end
found.hover = ask("hover", params(3, 12)).contents.value
found.definition = ask("definition", params(3, 8)).range.start.line
vim.api.nvim_win_set_cursor(0, { 3, 8 })
vim.lsp.buf.rename("mail")
vim.wait(10000, function() return lines()[2]:match("connection mail") ~= nil end)
found.renamed = lines()
local options = { textDocument = vim.lsp.util.make_text_document_params(), options = { tabSize = 8, insertSpaces = true } }
vim.lsp.util.apply_text_edits(ask("formatting", options), 0, "utf-16")
found.formatted = lines()
vim.fn.writefile({ vim.fn.json_encode(found) }, "${answer}")
vim.cmd("qall!")
`;

/** Names have a character of two UTF-16 units in front: columns that are counted otherwise would be wrong. */
export const written = `device eth0 profile=connectx
connection 🦀web device=eth0
+0 🦀web send 3000
+0 🦀web > 0:1448(1448)  lsot
`;

/** Neovim's own language client with the documented configuration, in a home of its own. */
export function neovimWrites(home: string, env: NodeJS.ProcessEnv, init: string): void {
  test("diagnostics, completion, hover, definition, rename and formatting in its own client", () => {
    const config = path.join(home, ".config/nvim");
    mkdirSync(config, { recursive: true });
    writeFileSync(path.join(config, "init.lua"), init);
    const [file, script, answer] = ["a.tlstrace", "ask.lua", "answer.json"].map((name) =>
      path.join(home, name),
    );
    writeFileSync(file!, written);
    writeFileSync(script!, asked(answer!));
    execFileSync("nvim", ["--headless", file!, "-c", `luafile ${script}`], {
      env,
      timeout: 60_000,
      stdio: "pipe",
    });
    const found = JSON.parse(readFileSync(answer!, "utf8"));
    // Neovim counts columns in bytes: the crab has four.
    const at = Buffer.byteLength("+0 🦀web > 0:1448(1448)  ");
    assert.deepEqual(found.diagnostics[0].slice(0, 3), [3, at, at + 4]);
    assert.match(found.diagnostics[0][3], /^not a flag of this event; there are fin, lost,/);
    assert.ok(found.completion.includes(">") && found.completion.includes("send"), found.completion.join());
    assert.match(found.hover, /The application writes: sendmsg\(\)/);
    assert.equal(found.definition, 1);
    const named = written.replaceAll("🦀web", "mail");
    assert.equal(found.renamed.join("\n"), named.trimEnd());
    assert.deepEqual(found.formatted, [
      "device  eth0 profile=connectx",
      "connection mail device=eth0",
      "+0     mail send 3000",
      "+0     mail > 0:1448(1448) lsot",
    ]);
  });
}
