import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { workbenchInstall } from "../../start/workbench-install.ts";

/** A client of the protocol, as it is had. */
export interface Client {
  name: string;
  /** Debian's packages. */
  packages: readonly string[];
  /** A command that succeeds where they are installed. */
  check: readonly [command: string, ...args: string[]];
  /** A plugin that no package has, at the commit that was tried. */
  plugin?: { repository: string; commit: string };
}

export const clients = {
  emacs: {
    name: "Emacs with dap-mode",
    packages: ["emacs-nox", "elpa-dap-mode"],
    check: ["emacs", "--batch", "--eval", "(require 'dap-ui)"],
  },
  neovim: {
    name: "Neovim with nvim-dap",
    packages: ["neovim"],
    check: ["nvim", "--version"],
    // Release 0.6.0, the last one for Debian 12's Neovim 0.7.2.
    plugin: {
      repository: "https://github.com/mfussenegger/nvim-dap",
      commit: "debd7c2f80eaf20c5f5df25db8d8c1b9b18f4421",
    },
  },
  vim: {
    name: "Vim with vimspector",
    packages: ["vim-nox"],
    check: ["vim.nox", "--version"],
    // As of December 2025.
    plugin: {
      repository: "https://github.com/puremourning/vimspector",
      commit: "6ff1a3f13324cdf2c28e1a39073865991158f78e",
    },
  },
} as const satisfies Record<string, Client>;

/** Emacs' client of the Language Server Protocol, which Emacs has itself from 29 on. */
export const eglot: Client = {
  name: "Emacs with eglot",
  packages: ["emacs-nox", "elpa-eglot"],
  check: ["emacs", "--batch", "--eval", "(require 'eglot)"],
};

/**
 * Installs what a client lacks: packages by apt, the plugin by git, into the folder where the tests keep the workbench.
 * Gives the plugin's folder. Throws an Error that says what is missing, and why.
 */
export function installClient({ name, packages, check, plugin }: Client): string {
  if (!succeeds(...check)) apt(name, packages);
  if (!succeeds(...check)) throw new Error(`${name} needs ${packages.join(" and ")}: install them`);
  return plugin ? clone(plugin) : "";
}

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

function apt(name: string, packages: readonly string[]): void {
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) return;
  console.error(`installing ${packages.join(", ")} for ${name} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]])
    spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"], env });
}

/** The plugin at its commit; what was cut short is begun again. */
function clone({ repository, commit }: NonNullable<Client["plugin"]>): string {
  const folder = path.join(workbenchInstall().folder, "editors", `${path.basename(repository)}-${commit}`);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  console.error(`fetching ${repository} ...`);
  for (const args of [
    ["init", "--quiet"],
    ["fetch", "--quiet", "--depth=1", repository, commit],
    ["checkout", "--quiet", "FETCH_HEAD"],
  ]) {
    const { status, stderr } = spawnSync("git", ["-C", part, ...args], {
      encoding: "utf8",
      timeout: 120_000,
    });
    if (status !== 0)
      throw new Error(`${repository} cannot be fetched: ${stderr?.trim() || "git is missing"}`);
  }
  renameSync(part, folder);
  return folder;
}
