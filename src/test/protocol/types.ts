import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A type of the protocol, as its declarations tell it. */
type Shape =
  | { is: "any" }
  | { is: "name"; name: string }
  | { is: "literal"; value: string }
  | { is: "list"; of: Shape }
  | { is: "union"; of: Shape[] }
  | { is: "object"; fields: Map<string, Field>; others: Shape | null; bases: string[] };

interface Field {
  shape: Shape;
  isOptional: boolean;
}

/**
 * The types of the Debug Adapter Protocol, read from the declarations that are generated from its JSON schema: messages
 * are checked against them as against the schema.
 */
export class ProtocolTypes {
  private readonly tokens: string[];
  private at = 0;
  private readonly types = new Map<string, Shape>();

  constructor() {
    const types = createRequire(import.meta.url).resolve("@vscode/debugprotocol/package.json");
    const text = readFileSync(types.replace("package.json", "lib/debugProtocol.d.ts"), "utf8");
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    this.tokens = code.match(/'[^']*'|\w+|[{}[\]():;|?,]/g)!;
    while (this.at < this.tokens.length) this.declaration();
  }

  /** The response of a request and the events, by the names that the protocol's messages have. */
  has(name: string): boolean {
    return this.types.has(name);
  }

  /** What is wrong with a value that must be of a type, each with its place; `more`: fields that may be there besides. */
  problems(name: string, value: unknown, more: ReadonlySet<string> = new Set()): string[] {
    return [...this.check({ is: "name", name }, value, { place: name, more })];
  }

  private next(): string {
    return this.tokens[this.at++]!;
  }

  private takes(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }

  private declaration(): void {
    const word = this.next();
    if (word === "interface") {
      const name = this.next();
      const bases: string[] = [];
      if (this.takes("extends"))
        do bases.push(this.next());
        while (this.takes(","));
      this.types.set(name, this.object(bases));
    } else if (word === "type") {
      const name = this.next();
      // The pattern of the tokens has no equals sign: what stands here is the type.
      this.types.set(name, this.shape());
    }
  }

  private object(bases: string[]): Shape {
    const fields = new Map<string, Field>();
    let others: Shape | null = null;
    this.next();
    while (!this.takes("}")) {
      if (this.takes("[")) {
        while (!this.takes("]")) this.next();
        this.takes(":");
        others = this.shape();
      } else {
        const name = this.next();
        const isOptional = this.takes("?");
        this.takes(":");
        fields.set(name, { shape: this.shape(), isOptional });
      }
      this.takes(";");
    }
    return { is: "object", fields, others, bases };
  }

  private shape(): Shape {
    const of = [this.listed()];
    while (this.takes("|")) of.push(this.listed());
    return of.length === 1 ? of[0]! : { is: "union", of };
  }

  private listed(): Shape {
    let shape = this.single();
    while (this.tokens[this.at] === "[" && this.tokens[this.at + 1] === "]") {
      this.at += 2;
      shape = { is: "list", of: shape };
    }
    return shape;
  }

  private single(): Shape {
    const token = this.tokens[this.at]!;
    if (token === "{") return this.object([]);
    this.at++;
    if (token === "(") {
      const shape = this.shape();
      this.takes(")");
      return shape;
    }
    if (token.startsWith("'")) return { is: "literal", value: token.slice(1, -1) };
    return token === "any" ? { is: "any" } : { is: "name", name: token };
  }

  private *check(shape: Shape, value: unknown, at: At): Generator<string> {
    if (shape.is === "any") return;
    if (shape.is === "literal") {
      if (value !== shape.value) yield `${at.place}: ${JSON.stringify(value)} is not '${shape.value}'`;
    } else if (shape.is === "union") {
      const ways = shape.of.map((each) => [...this.check(each, value, at)]);
      if (!ways.some((way) => way.length === 0)) yield ways.map((way) => way[0]).join(" or ");
    } else if (shape.is === "list") {
      if (!Array.isArray(value)) return yield `${at.place}: ${JSON.stringify(value)} is no list`;
      for (const [i, each] of value.entries())
        yield* this.check(shape.of, each, { ...at, place: `${at.place}[${i}]` });
    } else if (shape.is === "name") yield* this.checkNamed(shape.name, value, at);
    else yield* this.checkObject(shape, value, at);
  }

  private *checkNamed(name: string, value: unknown, at: At): Generator<string> {
    if (name === "null" ? value === null : name === typeof value) return;
    const type = this.types.get(name);
    if (type) yield* this.check(type, value, at);
    else yield `${at.place}: ${JSON.stringify(value)} is no ${name}`;
  }

  private *checkObject(shape: Shape & { is: "object" }, value: unknown, at: At): Generator<string> {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return yield `${at.place}: ${JSON.stringify(value)} is no object`;
    const fields = this.fieldsOf(shape);
    const given = value as Record<string, unknown>;
    for (const [name, field] of fields)
      if (given[name] !== undefined)
        yield* this.check(field.shape, given[name], { ...at, place: `${at.place}.${name}` });
      else if (!field.isOptional) yield `${at.place}: there is no ${name}`;
    const others = Object.keys(given).filter((name) => !fields.has(name) && !at.more.has(name));
    for (const name of others)
      if (shape.others) yield* this.check(shape.others, given[name], { ...at, place: `${at.place}.${name}` });
      else yield `${at.place}: the protocol knows no ${name}`;
  }

  /** Its fields and those of its bases, which they stand above. */
  private fieldsOf({ fields, bases }: Shape & { is: "object" }): Map<string, Field> {
    const inherited = bases.map((base) => this.fieldsOf(this.types.get(base) as Shape & { is: "object" }));
    return new Map([...inherited.flatMap((each) => [...each]), ...fields]);
  }
}

interface At {
  place: string;
  more: ReadonlySet<string>;
}
