import { draw } from './comparison-drawing.ts'
import type { Comparison } from './messages.ts'
import { showList } from './show-list.ts'
import { byId, fill, part, setText } from './template.ts'
import { durationText } from './wording.ts'

/** Shows what the algorithms make of the arrivals that are chosen. */
export function followComparison(): void {
  const root = byId('comparison')
  let shown: Comparison | undefined

  async function choose(): Promise<void> {
    const arrivals = document.querySelector<HTMLInputElement>('[name=arrivals]:checked')!.value
    const answer = await fetch(`/demo/comparison?arrivals=${arrivals}`)
    shown = (await answer.json()) as Comparison
    show(root, shown)
  }
  byId('arrivals').addEventListener('change', () => void choose())
  new ResizeObserver(() => {
    if (shown) show(root, shown)
  }).observe(root)
  void choose()
}

function show(root: HTMLElement, comparison: Comparison): void {
  setText(byId('arrivals-explanation'), comparison.explanation)
  root.dataset['arrivals'] = comparison.arrivals
  showList(
    root,
    'algorithm',
    comparison.algorithms,
    ({ name }) => name,
    (element, algorithm) => {
      const { name, explanation, requests, mostInWindow } = algorithm
      const admitted = requests.filter(({ allowed }) => allowed).length
      const summary = `${admitted} of ${requests.length} admitted, at most ${mostInWindow} within ${durationText(comparison.windowMs)}`
      fill(element, { name, explanation, summary })
      const box = part(element, 'drawing')
      const drawing = draw(comparison, algorithm, box.clientWidth)
      drawing.ariaLabel = `${name}: ${summary}`
      box.replaceChildren(drawing)
    },
  )
}
