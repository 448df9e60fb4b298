import type { Denial, LiveState } from './messages.ts'
import { showList } from './show-list.ts'
import { byId, fill } from './template.ts'
import { countText, durationText } from './wording.ts'

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

const REASONS = {
  'quota-exceeded': 'over the limit',
  'temporary-reduced-capacity': 'the store does not answer',
  'deny-list': 'on the deny list',
  'abnormal-usage-detected': 'banned as an attacker',
} as const satisfies Record<Denial['reason'], string>

export function showDenials({ denials }: LiveState): void {
  byId('no-denials').hidden = denials.length > 0
  showList(byId('denials'), 'denial', denials, ({ id }) => String(id), showDenial)
}

function showDenial(element: HTMLElement, { at, times, client, method, path, reason, limits, answer }: Denial): void {
  const broken = limits.map(({ name, quota, windowMs }) => `${name}, ${countText(quota)} in ${durationText(windowMs)}`)
  fill(element, {
    time: CLOCK.format(at),
    times: `× ${countText(times)}`,
    client,
    target: `${method} ${path}`,
    reason: [REASONS[reason], ...broken].join(': '),
    answer: [`HTTP/1.1 ${answer.status}`, ...answer.fields.map((field) => field.join(': '))].join('\n'),
  })
}
