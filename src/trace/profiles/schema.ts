import { bugs } from "../../core/bugs/catalogue.ts";

/** The part of JSON Schema that the schema of profile files is written in. */
export interface Schema {
  type?: string | string[];
  description?: string;
  required?: string[];
  additionalProperties?: boolean;
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: (string | null)[];
  enumDescriptions?: string[];
  pattern?: string;
  minItems?: number;
  minimum?: number;
  maximum?: number;
}

/**
 * What an editor checks profile files against: the schema as it is written (media/profile.schema.json), with the bugs of
 * the catalogue, each with its sentence.
 */
export function profileSchema(written: Schema): Schema {
  const { faults } = written.properties!;
  const items = {
    ...faults!.items,
    enum: bugs.map(({ name }) => name),
    enumDescriptions: bugs.map(({ says }) => says),
  };
  return { ...written, properties: { ...written.properties, faults: { ...faults, items } } };
}
