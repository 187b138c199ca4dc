type Tags = HTMLElementTagNameMap;

/** An element with these properties. */
export function element<Name extends keyof Tags>(name: Name, given: Partial<Tags[Name]>): Tags[Name] {
  return Object.assign(document.createElement(name), given);
}

/** A button with a short text, and the title that says what it does. */
export function button(title: string, textContent: string, act: () => void): HTMLButtonElement {
  const made = element("button", { title, textContent, type: "button", ariaLabel: title });
  made.addEventListener("click", act);
  return made;
}
