/** What stands for the library's checker of a client's answers: this server asks nothing. */
export class AjvJsonSchemaValidator {
  getValidator(): never {
    throw new Error("this server asks its client for nothing");
  }
}
