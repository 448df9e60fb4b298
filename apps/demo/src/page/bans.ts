import type { LiveState } from './messages.ts'
import { showList } from './show-list.ts'
import { byId, fill } from './template.ts'
import { durationText } from './wording.ts'

export function showBans({ bans }: LiveState): void {
  byId('no-bans').hidden = bans.length > 0
  showList(
    byId('bans'),
    'ban',
    bans,
    ({ scope }) => scope,
    (element, { scope, endsInMs }) => {
      fill(element, { scope, ends: `for another ${durationText(endsInMs)}` })
    },
  )
}
