import { fromTemplate } from './template.ts'

/**
 * Makes the children of an element the items, in their order. An item that was there before keeps its element, and so what
 * is open, focused or selected in it.
 */
export function showList<Item>(
  parent: Element,
  template: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  show: (element: HTMLElement, item: Item) => void,
): void {
  const known = new Map([...parent.children].map((child) => [(child as HTMLElement).dataset['key'], child]))
  const keys = new Set(items.map(keyOf))
  for (const [key, child] of known) if (!keys.has(key!)) child.remove()
  for (const [i, item] of items.entries()) {
    const key = keyOf(item)
    const element = (known.get(key) as HTMLElement | undefined) ?? fromTemplate(template)
    element.dataset['key'] = key
    if (parent.children[i] !== element) parent.insertBefore(element, parent.children[i] ?? null)
    // Only now: what is drawn needs to know how much room there is.
    show(element, item)
  }
}
