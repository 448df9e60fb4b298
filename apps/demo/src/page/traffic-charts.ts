import type { LiveState, Outcome, PlanTraffic } from './messages.ts'
import { showList } from './show-list.ts'
import { byId, fill, part } from './template.ts'
import uPlot from './uplot.js'
import { countText } from './wording.ts'

const HEIGHT = 72
const AXIS_HEIGHT = 24
/** How far apart the lines of a chart may be: there are no halves of requests. */
const STEPS = [1, 10, 100, 1000, 10_000].flatMap((step) => [step, 2 * step, 5 * step])
const STEADY = matchMedia('(prefers-reduced-motion: reduce)')

/** Draws a chart for each plan; the function that is returned moves them on. */
export function makeTrafficCharts(): (state: LiveState) => void {
  const charts = new Map<string, uPlot>()
  const plans = byId('plans')
  new ResizeObserver(() => {
    for (const chart of charts.values()) {
      chart.setSize({ width: chart.root.parentElement!.clientWidth, height: chart.height })
    }
  }).observe(plans)

  return ({ plans: all, about, secondPart }) => {
    showList(
      plans,
      'plan',
      all,
      ({ plan }) => plan,
      (element, { plan, seconds }) => {
        const [admitted, denied, banned] = (['admitted', 'denied', 'banned'] as const).map((outcome) =>
          countText(sum(seconds[outcome])),
        ) as [string, string, string]
        fill(element, { name: plan, rate: about.rates[plan], admitted, denied, banned })
        const box = part(element, 'chart')
        box.ariaLabel = `${plan}, in the last minute: ${admitted} admitted, ${denied} denied, ${banned} banned`
        let chart = charts.get(plan)
        if (!chart) {
          chart = new uPlot(optionsFor(box.clientWidth, plan === all.at(-1)?.plan), [[]], box)
          charts.set(plan, chart)
        }
        chart.setData(columns(seconds, STEADY.matches ? 1 : secondPart))
      },
    )
  }
}

/** Seconds as uPlot takes them: how long ago, and what happened. Bars that go down lie on one another, so they add up. */
function columns(seconds: PlanTraffic['seconds'], secondPart: number): uPlot.AlignedData {
  const { admitted, denied, banned } = seconds
  const last = admitted.length - 1
  return [
    admitted.map((_, i) => i - last - secondPart),
    banned.map((n, i) => bar(n, -n - denied[i]!)),
    denied.map((n) => bar(n, -n)),
    admitted.map((n) => bar(n, n)),
  ]
}

/** A bar for nothing would still be drawn, as a line. */
function bar(requests: number, height: number): number | null {
  return requests === 0 ? null : height
}

function optionsFor(width: number, hasTimeAxis: boolean): uPlot.Options {
  const axis = { stroke: () => color('--soft'), ticks: { show: false }, font: '12px system-ui, sans-serif' }
  return {
    width,
    height: HEIGHT + (hasTimeAxis ? AXIS_HEIGHT : 0),
    padding: [6, 16, 4, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-60, 0] },
      y: { range: (_chart, lowest, highest) => [Math.min(lowest * 1.1, 0), Math.max(highest * 1.1, 1)] },
    },
    axes: [
      {
        ...axis,
        show: hasTimeAxis,
        size: AXIS_HEIGHT,
        grid: { show: false },
        values: (_chart, ticks) => ticks.map((tick) => (tick === 0 ? 'now' : `−${-tick} s`)),
      },
      {
        ...axis,
        size: 48,
        incrs: STEPS,
        space: 24,
        grid: { stroke: () => color('--line'), width: 1 },
        values: (_chart, ticks) => ticks.map((tick) => countText(Math.abs(tick))),
      },
    ],
    series: [{}, bars('banned'), bars('denied'), bars('admitted')],
  }
}

function bars(outcome: Outcome): uPlot.Series {
  return {
    fill: () => color(`--${outcome}`),
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars!({ size: [0.8], align: 1 }),
  }
}

/** Asked anew for each drawing, since the theme may change. */
function color(property: string): string {
  return getComputedStyle(document.body).getPropertyValue(property)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
