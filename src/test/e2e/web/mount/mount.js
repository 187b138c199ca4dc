// A folder that is no disk's: what the site serves of it, and in memory what is written. Runs in the editor's web worker.
const vscode = require("vscode");

const { File, Directory } = vscode.FileType;
const written = new Map();

exports.activate = ({ extensionUri, subscriptions }) => {
  const changed = new vscode.EventEmitter();
  const addressOf = (path) => extensionUri.with({ path: `/files${path.replace(/\/$/, "")}` }).toString();
  const fetched = async (uri, as) => {
    const answer = await fetch(`${addressOf(uri.path)}${as}`);
    if (!answer.ok) throw vscode.FileSystemError.FileNotFound(uri);
    return answer;
  };
  const provider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => {}),
    async stat(uri) {
      const own = written.get(uri.path);
      if (own) return { type: File, ctime: 0, mtime: 1, size: own.length };
      const { isFolder, size } = await (await fetched(uri, "?state")).json();
      return { type: isFolder ? Directory : File, ctime: 0, mtime: 0, size };
    },
    async readDirectory(uri) {
      const names = await (await fetched(uri, "?names")).json();
      return names.map(([name, isFolder]) => [name, isFolder ? Directory : File]);
    },
    readFile: async (uri) =>
      written.get(uri.path) ?? new Uint8Array(await (await fetched(uri, "")).arrayBuffer()),
    writeFile(uri, bytes) {
      written.set(uri.path, bytes);
      changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    },
    createDirectory() {},
    delete() {},
    rename() {},
  };
  subscriptions.push(
    vscode.workspace.registerFileSystemProvider("mount", provider, { isCaseSensitive: true }),
  );
};
