import type { ComparedAlgorithm, ComparedRequest, Comparison } from './messages.ts'
import { durationText } from './wording.ts'

const UNIT = 8
const AXIS_HEIGHT = 22
const LEFT = 28
const RIGHT = 10

interface Scale {
  readonly x: (atMs: number) => number
  /** The height of a number of requests; those below zero have been denied. */
  readonly y: (requests: number) => number
  readonly radius: number
}

/**
 * Draws what an algorithm does: each request a dot, those that come at once in a pile, admitted ones up and denied ones
 * down; behind them, what is left.
 */
export function draw(comparison: Comparison, algorithm: ComparedAlgorithm, width: number): SVGSVGElement {
  const { quota, durationMs } = comparison
  const deepest = Math.max(
    ...comparison.algorithms.map(({ requests }) => largestPile(requests.filter((one) => !one.allowed))),
  )
  const height = (quota + 1 + deepest) * UNIT + AXIS_HEIGHT
  const perMs = (width - LEFT - RIGHT) / durationMs
  const scale: Scale = {
    x: (atMs) => LEFT + atMs * perMs,
    y: (requests) => (quota + 0.5 - requests) * UNIT,
    radius: Math.min(UNIT / 2 - 0.5, perMs * 225),
  }
  const svg = element('svg', { width, height, role: 'img' })
  svg.append(...grid(comparison, scale, height), level(comparison, algorithm, scale), ...dots(algorithm, scale))
  return svg
}

function grid({ quota, durationMs, windowMs }: Comparison, { x, y }: Scale, height: number): SVGElement[] {
  const seconds = Array.from({ length: (durationMs / windowMs) * 2 + 1 }, (_, i) => (i * windowMs) / 2)
  return [
    ...[0, quota].flatMap((n) => [
      element('line', { class: 'grid', x1: x(0), x2: x(durationMs), y1: y(n), y2: y(n) }),
      text(String(n), { class: 'axis', x: x(0) - 8, y: y(n) + 4, 'text-anchor': 'end' }),
    ]),
    ...seconds.map((atMs) =>
      text(durationText(atMs), {
        class: 'axis',
        x: x(atMs),
        y: height - 4,
        'text-anchor': atMs === durationMs ? 'end' : 'middle',
      }),
    ),
  ]
}

function level({ durationMs }: Comparison, { level }: ComparedAlgorithm, { x, y }: Scale): SVGElement {
  const steps = level.map(([atMs, remaining]) => `H${x(atMs)}V${y(remaining)}`).join('')
  return element('path', { class: 'level', d: `M${x(0)} ${y(0)}${steps}H${x(durationMs)}V${y(0)}Z` })
}

function dots({ requests }: ComparedAlgorithm, { x, y, radius }: Scale): SVGElement[] {
  const piles = new Map<string, number>()
  return requests.map(({ atMs, allowed, remaining, retryAfterMs }) => {
    const pile = `${atMs} ${allowed}`
    const before = piles.get(pile) ?? 0
    piles.set(pile, before + 1)
    const dot = element('circle', {
      class: allowed ? 'admitted' : 'denied',
      cx: x(atMs),
      cy: y(allowed ? before + 0.5 : -before - 0.5),
      r: radius,
      'data-at': atMs,
    })
    const outcome = allowed ? `admitted, ${remaining} left` : `denied, again in ${retryAfterMs / 1000} s`
    const title = element('title', {})
    title.textContent = `${atMs / 1000} s: ${outcome}`
    dot.append(title)
    return dot
  })
}

function largestPile(requests: readonly ComparedRequest[]): number {
  const piles = Map.groupBy(requests, ({ atMs }) => atMs)
  return Math.max(1, ...[...piles.values()].map(({ length }) => length))
}

function text(content: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = element('text', attributes)
  made.textContent = content
  return made
}

function element<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  return made
}
