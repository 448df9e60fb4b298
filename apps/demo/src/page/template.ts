/** The element that the page has under this id. */
export function byId(id: string): HTMLElement {
  return document.getElementById(id)!
}

/** A new element, as the template of this id has it. */
export function fromTemplate(id: string): HTMLElement {
  const { content } = byId(id) as HTMLTemplateElement
  return content.firstElementChild!.cloneNode(true) as HTMLElement
}

/** The part of an element that its template calls by this name. */
export function part(element: Element, name: string): HTMLElement {
  return element.querySelector<HTMLElement>(`[data-part=${name}]`)!
}

/** Writes texts into the parts of an element. What says the same already is left alone, and with it what is selected. */
export function fill(element: Element, texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) setText(part(element, name), text)
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
