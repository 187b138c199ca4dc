import { TraceDocument } from "../language/document.ts";
import type { FileAccess } from "../trace/platform.ts";
import { profileFinder } from "../trace/profiles/finder.ts";

/** Opens a file that a document names, by the document's URI and the path. Throws UserError for one that cannot be had. */
type OpenBeside = (uri: string, path: string) => FileAccess;

/** The documents that a client has open, each as it stands now. */
export class OpenDocuments {
  private readonly documents = new Map<string, TraceDocument>();
  private readonly versions = new Map<string, number>();
  private readonly openBeside: OpenBeside;
  /** Told of a document that is not open any more. */
  onClose: (uri: string) => void = () => {};

  constructor(openBeside: OpenBeside) {
    this.openBeside = openBeside;
  }

  of(uri: string): TraceDocument | null {
    return this.documents.get(uri) ?? null;
  }

  /** As the client counts its changes. */
  versionOf(uri: string): number {
    return this.versions.get(uri)!;
  }

  set(uri: string, text: string, version: number): void {
    const before = this.documents.get(uri) ?? null;
    // A file may be there by now, and another one than a moment ago.
    this.documents.set(uri, new TraceDocument(uri, text, this.finderOf(uri), before));
    this.versions.set(uri, version);
  }

  delete(uri: string): void {
    this.documents.delete(uri);
    this.versions.delete(uri);
    this.onClose(uri);
  }

  /** Files that they name may have changed: reads those again that name some, and gives which they are. */
  again(): string[] {
    const naming = [...this.documents.values()].filter(({ text }) => /\.json/i.test(text));
    for (const before of naming) {
      const { uri, text } = before;
      this.documents.set(uri, new TraceDocument(uri, text, this.finderOf(uri), before));
    }
    return naming.map(({ uri }) => uri);
  }

  /** What a document answers; null if it is not open, as a request that comes late asks. */
  ask<Answer>({ uri }: { uri: string }, answer: (document: TraceDocument) => Answer): Answer | null {
    const document = this.documents.get(uri);
    return document === undefined ? null : answer(document);
  }

  private readonly finderOf = (uri: string) => profileFinder((path) => this.openBeside(uri, path));
}
